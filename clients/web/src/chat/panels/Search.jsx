// Searching what was said in the room: best first, what was found is marked.

import { SearchX } from "lucide";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../../kit/Icon.jsx";
import { snippetParts } from "../text.js";
import { Found } from "./Found.jsx";

const WAIT_MS = 250; // after the last letter

export function Search({ talk }) {
  const field = useRef();
  const [query, setQuery] = useState("");
  const [results, setResults] = useState({ messages: [], query: "" });
  useEffect(() => field.current.focus(), []);
  useEffect(() => {
    const words = query.trim();
    if (!/[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(words)) return setResults({ messages: [], query: "" }), undefined;
    let isCurrent = true;
    const timer = setTimeout(() => ask(talk, words).then((found) => isCurrent && setResults(found)), WAIT_MS);
    return () => ((isCurrent = false), clearTimeout(timer));
  }, [query]);
  const more = async () => {
    const next = await ask(talk, results.query, results.cursor);
    setResults({ ...next, messages: [...results.messages, ...next.messages] });
  };
  return (
    <>
      <div class="panel-field">
        <input ref={field} class="input" type="search" dir="auto" maxlength="256" placeholder="Words to look for" aria-label="Words to look for" value={query} onInput={(event) => setQuery(event.currentTarget.value)} />
      </div>
      <p class="panel-note small faint" role="status">{words(results)}</p>
      <ul class="found-list">
        {results.messages.map((message) => <Found key={message.id} talk={talk} message={message}><Snippet text={message.snippet ?? message.message} /></Found>)}
      </ul>
      {results.cursor && <button class="button plain small more" onClick={more}>More</button>}
      {results.query && !results.problem && results.messages.length === 0 && <div class="empty"><Icon of={SearchX} size={28} /><p>Every word has to be in the message. Fewer or shorter words find more.</p></div>}
    </>
  );
}

const Snippet = ({ text }) => snippetParts(text).map((part, index) => (index % 2 ? <mark key={index}>{part}</mark> : part));

function words({ query, messages, cursor, problem }) {
  if (problem) return problem;
  if (!query) return "";
  return messages.length ? `${messages.length}${cursor ? "+" : ""} found, best first` : `Nothing found for “${query}”`;
}

const ask = (talk, query, cursor) =>
  talk.search(query, { cursor, limit: 20 }).then(
    ({ messages, cursor }) => ({ query, messages, cursor }),
    (error) => ({ query, messages: [], problem: error.message }),
  );
