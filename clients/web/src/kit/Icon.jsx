// An icon of Lucide as SVG. It says nothing by itself: whoever shows it gives the words.

import { h } from "preact";

export function Icon({ of, size = 18 }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.9" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      {of.map(([tag, attributes], index) => h(tag, { key: index, ...attributes }))}
    </svg>
  );
}

// A button that is only an icon: `label` is what it is called, to eyes (as its title) and ears.
export function IconButton({ icon, label, size, small, class: more = "", ...rest }) {
  return (
    <button type="button" class={`icon-button ${small ? "small" : ""} ${more}`} aria-label={label} title={label} {...rest}>
      <Icon of={icon} size={size ?? (small ? 16 : 18)} />
    </button>
  );
}
