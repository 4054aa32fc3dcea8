import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** The package other apps embed: the hook, the widgets and one style sheet. */
export default defineConfig({
  plugins: [react()],
  publicDir: false,
  build: {
    target: "es2023",
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    outDir: "dist-lib",
    lib: {
      entry: "src/index.ts",
      formats: ["es"],
      fileName: "index",
      cssFileName: "styles",
    },
    rolldownOptions: {
      external: [/^react($|\/)/, /^react-dom($|\/)/, /^@tanstack\//, "uplot", "lucide-react"],
    },
  },
});
