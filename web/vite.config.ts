// One script and one style sheet: the dashboard links to them, the report holds them.
import { defineConfig } from "vite";

export default defineConfig({
  build: {
    target: "es2022",
    modulePreload: false,
    rollupOptions: { input: "src/main.ts", output: { entryFileNames: "app.js", assetFileNames: "app.[ext]" } },
  },
});
