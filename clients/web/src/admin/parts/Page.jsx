// What every view is made of: its head, what stands where there is nothing, what went wrong, and the way to more.

import { CircleAlert } from "lucide";
import { Icon } from "../../kit/Icon.jsx";

export const Head = ({ title, lead, children }) => (
  <header class="view-head">
    <div class="view-title">
      <h1 dir="auto">{title}</h1>
      {lead && <p class="faint">{lead}</p>}
    </div>
    {children && <div class="view-acts">{children}</div>}
  </header>
);

export const Problem = ({ error, again }) => (
  <p class="view-problem" role="alert">
    <Icon of={CircleAlert} />
    <span>{error.message}</span>
    {again && <button type="button" class="link-button" onClick={again}>Try again</button>}
  </p>
);

export const Loading = () => <div class="loading"><span class="spinner" role="status" aria-label="Loading" /></div>;

export const Empty = ({ icon, title, children }) => (
  <div class="empty">
    {icon && <Icon of={icon} size={28} />}
    <h2>{title}</h2>
    {children && <p>{children}</p>}
  </div>
);

// The end of a list: the problem, a spinner, the button for more; `empty` when there is nothing at all.
export function ListEnd({ pages, empty, label = "Show more" }) {
  const { items, error, isLoading, more, loadMore, again } = pages;
  if (error) return <Problem error={error} again={again} />;
  if (items === null) return <Loading />;
  if (!items.length && !more) return empty;
  return more ? <button type="button" class="button plain small more" disabled={isLoading} onClick={loadMore}>{isLoading ? "Loading…" : label}</button> : null;
}

export const Facts = ({ of, class: more = "" }) => (
  <dl class={`facts ${more}`}>
    {of.map(([name, value, title]) => (
      <div key={name} class={name === "File" ? "whole" : undefined}>
        <dt>{name}</dt>
        <dd class="num" title={title} dir="auto">{value}</dd>
      </div>
    ))}
  </dl>
);
