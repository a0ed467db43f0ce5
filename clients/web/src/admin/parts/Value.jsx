// A stored value, as text: strings as they are, all else as JSON, long ones folded. What JSON has no form for is told by name.

import { useState } from "preact/hooks";

const SHORT_CHARACTERS = 160;

export function Value({ of: value, label }) {
  const [isOpen, setOpen] = useState(false);
  const special = specialOf(value);
  if (special) return <span class="value special">{special}</span>;
  const text = typeof value === "string" ? value : JSON.stringify(value, null, isOpen ? 2 : undefined);
  const isLong = text.length > SHORT_CHARACTERS;
  return (
    <span class="value-box">
      <code class={`value ${typeof value === "string" ? "is-text" : ""} ${isOpen ? "open" : ""}`} dir="auto">
        {isLong && !isOpen ? `${text.slice(0, SHORT_CHARACTERS)}…` : text}
      </code>
      {isLong && (
        <button type="button" class="link-button small" aria-expanded={isOpen} aria-label={`${isOpen ? "Less" : "More"} of ${label}`} onClick={() => setOpen(!isOpen)}>
          {isOpen ? "Less" : "More"}
        </button>
      )}
    </span>
  );
}

function specialOf(value) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return null;
  if ("$hidden" in value) return "not to be looked at";
  if ("$undecodable" in value) return `${value.size.toLocaleString()} bytes, too long or of no known form`;
  if ("$bytes" in value) return `${value.size.toLocaleString()} bytes: ${value.$bytes.slice(0, 60)}${value.$bytes.length > 60 ? "…" : ""}`;
  return value.$time ?? value.$integer ?? value.$number ?? null;
}
