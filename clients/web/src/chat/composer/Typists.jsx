// Who is writing just now.

import { listed } from "../../kit/words.js";
import { watch } from "../connection.js";

export function Typists({ talk }) {
  void watch(talk).typing.value;
  const names = [...talk.typing.values()];
  return (
    <p class="typists" aria-live="off">
      {names.length > 0 && <><span class="typing-dots" aria-hidden="true"><i /><i /><i /></span><span class="cut" dir="auto">{names.length > 3 ? "Several people are" : `${listed(names)} ${names.length > 1 ? "are" : "is"}`} typing</span></>}
    </p>
  );
}
