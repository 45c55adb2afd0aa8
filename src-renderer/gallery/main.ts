import { mount } from "svelte";
import { Preferences } from "../state/preferences.svelte.ts";
import "../styles/tokens.css";
import "../styles/base.css";
import Gallery from "./Gallery.svelte";

const target = document.getElementById("app");
if (target === null) throw new Error("the page has no place for the gallery");
mount(Gallery, {
  target,
  props: { preferences: new Preferences(localStorage) },
});
