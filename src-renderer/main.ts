import { mount } from "svelte";
import App from "./App.svelte";
import { readAddress } from "./connection/address.ts";
import { desktopShell } from "./shell/desktop-shell.ts";
import { Preferences } from "./state/preferences.svelte.ts";
import "./styles/tokens.css";
import "./styles/base.css";

const target = document.getElementById("app");
if (target === null) throw new Error("the page has no place for the app");
mount(App, {
  target,
  props: {
    address: readAddress(location, sessionStorage, history),
    shell: desktopShell(window),
    preferences: new Preferences(localStorage),
  },
});
