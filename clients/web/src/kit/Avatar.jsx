// A user's picture, or the initials of the name on a hue that is always the same for that user.

import { initials, hueOf } from "./words.js";

export function Avatar({ user, name, picture, size = "", online }) {
  return (
    <span class={`avatar ${size} ${picture ? "" : `hue-${hueOf(user)}`}`} aria-hidden="true">
      {picture ? <img src={picture} alt="" loading="lazy" decoding="async" /> : initials(name || user)}
      {online !== undefined && <i class={`dot ${online ? "on" : ""}`} />}
    </span>
  );
}
