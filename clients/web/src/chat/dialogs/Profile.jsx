// One's own name and picture.

import { Camera } from "lucide";
import { useEffect, useRef, useState } from "preact/hooks";
import { Avatar } from "../../kit/Avatar.jsx";
import { Icon } from "../../kit/Icon.jsx";
import { toast } from "../../kit/Toasts.jsx";
import { changeProfile, me } from "../session.js";
import { Field, FormDialog } from "./FormDialog.jsx";

export function Profile() {
  const { user, full_name: name, avatar } = me.value;
  const input = useRef();
  const [picture, setPicture] = useState(null); // {file, address}
  useEffect(() => () => picture && URL.revokeObjectURL(picture.address), [picture]);
  const chosen = () => {
    const [file] = input.current.files;
    if (file) setPicture({ file, address: URL.createObjectURL(file) });
  };
  const run = async ({ full_name: shown }) => {
    const form = new FormData();
    form.append("full_name", shown.trim());
    if (picture) form.append("avatar", picture.file);
    await changeProfile(form);
    toast("Profile saved");
  };
  return (
    <FormDialog title="Profile" act="Save" run={run}>
      <div class="profile">
        <Avatar user={user} name={name} picture={picture?.address ?? avatar} size="large" />
        <div>
          <p class="iso faint small">@{user}</p>
          <button type="button" class="button plain small" onClick={() => input.current.click()}><Icon of={Camera} size={16} /> Choose a picture</button>
          <input ref={input} type="file" accept="image/png,image/jpeg,image/webp,image/gif" hidden onChange={chosen} aria-label="Picture" tabIndex={-1} />
        </div>
      </div>
      <Field id="profile-name" label="Your name">
        <input id="profile-name" name="full_name" class="input" dir="auto" required maxlength="64" value={name ?? ""} data-autofocus />
      </Field>
    </FormDialog>
  );
}
