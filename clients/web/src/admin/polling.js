// Asking again and again, while somebody looks: not while the page is hidden, never two at once, slower after an error.

import { useEffect, useRef, useState } from "preact/hooks";

const SLOWER = 5;

// { data, error, isStale, again() } of `load(signal)`, asked anew whenever one of `inputs` changes and every `seconds`.
export function usePolled(load, seconds, inputs) {
  const [state, setState] = useState({ data: null, error: null });
  const again = useRef(() => {});
  useEffect(() => {
    const abort = new AbortController();
    let timer;
    const ask = async () => {
      clearTimeout(timer);
      let wait = seconds;
      try {
        const data = document.hidden ? null : await load(abort.signal);
        if (data !== null && !abort.signal.aborted) setState({ data, error: null });
      } catch (error) {
        if (abort.signal.aborted) return;
        setState((before) => ({ ...before, error }));
        wait *= SLOWER;
      }
      if (seconds && !abort.signal.aborted) timer = setTimeout(ask, wait * 1000);
    };
    const shown = () => document.hidden || ask();
    again.current = ask;
    setState({ data: null, error: null });
    ask();
    document.addEventListener("visibilitychange", shown);
    return () => (abort.abort(), clearTimeout(timer), document.removeEventListener("visibilitychange", shown));
  }, inputs);
  return { ...state, again: () => again.current() };
}

// Lists with a cursor: { items, more, error, isLoading, loadMore(), again() }. `refreshSeconds` asks the first page anew while it is the only one.
export function usePages(path, key, ask, inputs, refreshSeconds = 0) {
  const [state, setState] = useState({ items: null, cursor: null, error: null, isLoading: true, pages: 0 });
  const current = useRef(state);
  const alive = useRef(null);
  current.current = state;

  const load = async (cursor) => {
    const abort = alive.current;
    setState((before) => ({ ...before, isLoading: true }));
    try {
      const answer = await ask("GET", withCursor(path, cursor), undefined, { signal: abort.signal });
      if (abort.signal.aborted) return;
      setState((before) => ({
        items: cursor ? [...before.items, ...answer[key]] : answer[key],
        answer,
        cursor: answer.cursor,
        error: null,
        isLoading: false,
        pages: cursor ? before.pages + 1 : 1,
      }));
    } catch (error) {
      if (!abort.signal.aborted) setState((before) => ({ ...before, error, isLoading: false }));
    }
  };
  useEffect(() => {
    alive.current = new AbortController();
    setState({ items: null, cursor: null, error: null, isLoading: true, pages: 0 });
    load(null);
    const timer = refreshSeconds && setInterval(() => document.hidden || current.current.pages > 1 || current.current.isLoading || load(null), refreshSeconds * 1000);
    return () => (alive.current.abort(), clearInterval(timer));
  }, [path, ...inputs]);
  return { ...state, more: state.cursor !== null, loadMore: () => load(state.cursor), again: () => load(null) };
}

const withCursor = (path, cursor) => (cursor ? `${path}${path.includes("?") ? "&" : "?"}cursor=${encodeURIComponent(cursor)}` : path);

// `value`, but only once it has stayed the same for a moment: for fields that filter.
export function useSettled(value, ms = 250) {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(setSettled, ms, value);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
