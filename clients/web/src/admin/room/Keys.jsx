// Keys and their values, decoded; by the beginning of the key.

import { KeyRound, Search } from "lucide";
import { useState } from "preact/hooks";
import { Icon } from "../../kit/Icon.jsx";
import { sizeOf } from "../../kit/words.js";
import { Empty, ListEnd } from "../parts/Page.jsx";
import { TableBox } from "../parts/TableBox.jsx";
import { Value } from "../parts/Value.jsx";
import { usePages, useSettled } from "../polling.js";
import { roomPath } from "../route.js";
import { ask } from "../session.js";

export function Keys({ room: { kind, name, keys } }) {
  const [prefix, setPrefix] = useState("");
  const settled = useSettled(prefix);
  const pages = usePages(`${roomPath(kind, name)}/keys?prefix=${encodeURIComponent(settled)}`, "keys", ask, [keys], 5);
  if (!keys) return <Empty icon={KeyRound} title="No keys">This room keeps nothing by key. What its kind keeps in tables stands under “File”.</Empty>;
  return (
    <>
      <label class="search-field">
        <span class="sr">Keys that begin with</span>
        <Icon of={Search} size={16} />
        <input class="input" type="search" placeholder="Keys that begin with…" value={prefix} onInput={(event) => setPrefix(event.currentTarget.value)} spellcheck={false} />
      </label>
      {pages.items?.length > 0 && (
        <TableBox label="Keys and values" class="keys-table">
          <thead><tr><th scope="col">Key</th><th scope="col">Value</th><th scope="col" class="end">Size</th></tr></thead>
          <tbody>
            {pages.items.map(({ key, value, size_bytes: size }) => (
              <tr key={key}>
                <th scope="row"><code dir="auto">{key}</code></th>
                <td><Value of={value} label={key} /></td>
                <td class="end num">{sizeOf(size)}</td>
              </tr>
            ))}
          </tbody>
        </TableBox>
      )}
      <ListEnd pages={pages} empty={<Empty icon={Search} title="No key begins so" />} label="Show more keys" />
    </>
  );
}
