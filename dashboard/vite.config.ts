import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const edge = process.env.TIDEMARK_EDGE ?? "http://127.0.0.1:3002";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2023",
    // light-dark() is used as it is.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    // The edge's content security policy allows no data: scripts or fonts.
    assetsInlineLimit: 0,
    // One sheet: a page's own that fails to load once would not be asked for again.
    cssCodeSplit: false,
    manifest: true,
    // /assets/ is a page.
    assetsDir: "static",
  },
  server: {
    proxy: {
      "/api": edge,
      "/ws": { target: edge, ws: true },
    },
  },
  test: {
    environment: "jsdom",
    include: ["tests/**/*.test.{ts,tsx}"],
    setupFiles: ["tests/setup.ts"],
    css: { modules: { classNameStrategy: "non-scoped" } },
    restoreMocks: true,
  },
});
