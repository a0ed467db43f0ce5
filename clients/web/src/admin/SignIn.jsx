// The form for whoever is not signed in as an admin. It shows nothing of the server.

import { ScanSearch } from "lucide";
import { useState } from "preact/hooks";
import { Icon } from "../kit/Icon.jsx";
import { me, notice, signInWithToken, signOut } from "./session.js";

export function SignIn() {
  const [token, setToken] = useState("");
  const [problem, setProblem] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await signInWithToken(token.trim());
    } catch (error) {
      setProblem(error.status === 401 ? "The server does not accept this token." : error.message);
    }
    setBusy(false);
  };
  return (
    <main class="gate">
      <form class="gate-card card" onSubmit={submit}>
        <span class="gate-mark"><Icon of={ScanSearch} size={26} /></span>
        <h1>Inspector</h1>
        <p class="gate-lead">See what rooms keep and who is in them. For admins of this server.</p>
        {notice.value && <p class="gate-notice" role="status">{notice.value}</p>}
        <div class="field">
          <label for="token">Admin token</label>
          <input id="token" class="input gate-token" type="password" value={token} onInput={(event) => setToken(event.currentTarget.value)} autocomplete="off" spellcheck={false} required aria-invalid={problem ? "true" : undefined} aria-describedby="token-hint token-problem" />
          <span class="hint" id="token-hint">A token with the claim <code>admin</code>: <code>rooms token --sub you --admin</code></span>
          <span class="problem" id="token-problem" role="alert">{problem}</span>
        </div>
        <button class="button wide" disabled={isBusy || !token.trim()}>{isBusy ? "Signing in…" : "Sign in"}</button>
        {me.value && <button type="button" class="button quiet wide" onClick={signOut}>Sign out {me.value.full_name || me.value.user}</button>}
      </form>
    </main>
  );
}
