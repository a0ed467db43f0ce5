// The web chat. It talks to rooms through clients/js/rooms.js and to nothing else over a socket.

import "../kit/tokens.css";
import "../kit/base.css";
import "../kit/kit.css";
import "./styles/shell.css";
import "./styles/sign-in.css";
import "./styles/timeline.css";
import "./styles/composer.css";
import "./styles/panels.css";

import { render } from "preact";
import "../kit/theme.js";
import { App } from "./App.jsx";
import { start } from "./session.js";

render(<App />, document.getElementById("app"));
start();
