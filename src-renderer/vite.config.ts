import { fileURLToPath } from "node:url";
import { svelte, vitePreprocess } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";

const here = (path: string): string =>
  fileURLToPath(new URL(path, import.meta.url));

/** The gallery's page is the first one of its server. */
const galleryFirst: Plugin = {
  name: "gallery-first",
  enforce: "post",
  generateBundle(_, bundle) {
    const page = bundle["gallery.html"];
    if (page) page.fileName = "index.html";
  },
};

/** The window's bundle, and the gallery beside it when asked for (`--mode gallery`). */
export default defineConfig(({ mode }) => ({
  root: here("."),
  base: "./",
  plugins: [
    svelte({ preprocess: vitePreprocess(), configFile: false }),
    galleryFirst,
  ],
  build: {
    outDir: here(mode === "gallery" ? "../dist/gallery" : "../dist/renderer"),
    emptyOutDir: true,
    target: "es2023",
    // Inlined files would need a laxer content security policy.
    assetsInlineLimit: 0,
    // One bundle from the same machine: what counts is its compressed size, tested elsewhere.
    chunkSizeWarningLimit: 900,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: here(mode === "gallery" ? "gallery.html" : "index.html"),
    },
  },
}));
