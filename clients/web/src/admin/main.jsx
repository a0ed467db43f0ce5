// The inspector. It asks /api/admin and nothing else; whoever is no admin sees a form to sign in.

import "../kit/tokens.css";
import "../kit/base.css";
import "../kit/kit.css";
import "./styles/shell.css";
import "./styles/parts.css";
import "./styles/room.css";

import { render } from "preact";
import "../kit/theme.js";
import { App } from "./App.jsx";
import { start } from "./session.js";

render(<App />, document.getElementById("app"));
start();
