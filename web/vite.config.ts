import { defineConfig } from "vite";

export default defineConfig({
  // Relative, so that the page also works below a path of another site.
  base: "./",
  build: {
    target: "es2022",
    // The content security policy allows no data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: { "/ws": { target: "http://127.0.0.1:8000", ws: true } },
  },
});
