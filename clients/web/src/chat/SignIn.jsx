// Signing in, signing up, a guest's name, or a token: whatever this server offers.

import { Dices, KeyRound, LogIn, UserPlus, UserRound } from "lucide";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Icon, IconButton } from "../kit/Icon.jsx";
import { kept } from "../kit/kept.js";
import { guestName } from "./guestNames.js";
import { route } from "./route.js";
import { notice, signIn, signInAsGuest, signInWithToken, signUp, welcome } from "./session.js";

export function SignIn() {
  const { accounts, guests } = welcome.value;
  const ways = [
    guests && { key: "guest", label: "Guest", form: Guest },
    accounts && { key: "in", label: "Sign in", form: Password },
    accounts && { key: "up", label: "Sign up", form: Account },
    { key: "token", label: "Token", form: Token },
  ].filter(Boolean);
  const [chosen, choose] = useState(kept.get("way"));
  const way = ways.find(({ key }) => key === chosen) ?? ways[0];
  const pick = (key) => (kept.set("way", key), choose(key));
  const card = useRef();
  useEffect(() => {
    if (matchMedia("(hover: hover)").matches) card.current.querySelector("form :is(input, textarea)").select(); // on a phone the keyboard would hide the rest
  }, []);
  return (
    <main class="sign-in">
      <section class="sign-in-card" ref={card}>
        <header>
          <img src="/assets/icon.svg" alt="" width="44" height="44" />
          <h1>Rooms</h1>
          <p>{route.value.place === "join" ? "You were invited to a room. Sign in to enter it." : "Conversations that stay in order, and stay."}</p>
        </header>
        {notice.value && <p class="note" role="status">{notice.value}</p>}
        <Tabs ways={ways} chosen={way.key} pick={pick} />
        <way.form key={way.key} />
      </section>
    </main>
  );
}

function Tabs({ ways, chosen, pick }) {
  const move = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const at = ways.findIndex(({ key }) => key === chosen);
    const next = (at + step + ways.length) % ways.length;
    pick(ways[next].key);
    event.currentTarget.children[next].focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label="Ways to come in" onKeyDown={move}>
      {ways.map(({ key, label }) => (
        <button key={key} type="button" role="tab" aria-selected={key === chosen} tabIndex={key === chosen ? 0 : -1} onClick={() => pick(key)}>{label}</button>
      ))}
    </div>
  );
}

const Password = () => (
  <Entry submit="Sign in" icon={LogIn} send={({ user, password }) => signIn(user, password)}>
    <Field name="user" label="User name" autocomplete="username" autocapitalize="none" spellcheck={false} maxlength="128" />
    <Field name="password" label="Password" type="password" autocomplete="current-password" />
  </Entry>
);

const Account = () => (
  <Entry submit="Create account" icon={UserPlus} send={({ user, name, password }) => signUp(user, name, password)}>
    <Field name="name" label="Your name" autocomplete="name" maxlength="64" hint="What others see. You can change it later." />
    <Field name="user" label="User name" autocomplete="username" autocapitalize="none" spellcheck={false} maxlength="128" hint="Yours for good, and how others find you." />
    <Field name="password" label="Password" type="password" autocomplete="new-password" minlength="8" hint="At least 8 characters." />
  </Entry>
);

function Guest() {
  const [name, setName] = useState(() => kept.get("guest.name") ?? guestName());
  return (
    <Entry submit="Come in" icon={UserRound} send={({ name }) => signInAsGuest(name)}>
      <div class="with-button">
        <Field name="name" label="Your name" autocomplete="nickname" maxlength="64" value={name} onInput={(event) => setName(event.currentTarget.value)} hint="No password: this browser remembers you." />
        <IconButton icon={Dices} label="Another name" onClick={() => setName(guestName())} />
      </div>
    </Entry>
  );
}

const Token = () => (
  <Entry submit="Sign in" icon={KeyRound} send={({ token }) => signInWithToken(token)}>
    <div class="field">
      <label for="token">Token</label>
      <textarea id="token" name="token" class="input token" rows="4" required spellcheck={false} autocomplete="off" placeholder="eyJ…" />
      <span class="hint">From <code>rooms token --sub you --room lobby</code>, or from your application.</span>
    </div>
  </Entry>
);

function Field({ name, label, hint, ...rest }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input id={id} name={name} class="input" required dir="auto" aria-describedby={hint ? `${id}-hint` : undefined} {...rest} />
      {hint && <span id={`${id}-hint`} class="hint">{hint}</span>}
    </div>
  );
}

function Entry({ submit, icon, send, children }) {
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const onSubmit = async (event) => {
    event.preventDefault();
    const values = Object.fromEntries([...new FormData(event.currentTarget)].map(([name, value]) => [name, name === "password" ? value : value.trim()]));
    setBusy(true);
    setProblem(null);
    try {
      await send(values);
    } catch (error) {
      setProblem(inWords(error));
      setBusy(false);
    }
  };
  return (
    <form onSubmit={onSubmit}>
      {children}
      <p class="problem" role="alert">{problem}</p>
      <button class="button wide" disabled={busy}>{busy ? <span class="spinner" /> : <Icon of={icon} />} {submit}</button>
    </form>
  );
}

function inWords({ code, message, retryAfterMs }) {
  if (code === "rate_limited") return `Too many tries. Wait ${Math.ceil((retryAfterMs ?? 60_000) / 1000)} s and try again.`;
  if (code === "conflict") return "This user name is taken. Choose another one.";
  return message;
}
