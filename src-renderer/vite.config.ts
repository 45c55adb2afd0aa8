import { fileURLToPath } from "node:url";
import { svelte, vitePreprocess } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

const here = (path: string): string =>
  fileURLToPath(new URL(path, import.meta.url));

/** The window's bundle, and the gallery beside it when asked for (`--mode gallery`). */
export default defineConfig(({ mode }) => ({
  root: here("."),
  base: "./",
  plugins: [svelte({ preprocess: vitePreprocess(), configFile: false })],
  build: {
    outDir: here(mode === "gallery" ? "../dist/gallery" : "../dist/renderer"),
    emptyOutDir: true,
    target: "es2023",
    // Inlined files would need a laxer content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: here(mode === "gallery" ? "gallery.html" : "index.html"),
    },
  },
}));
