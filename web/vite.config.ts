// One script and one style sheet: the dashboard links to them, the report holds them.
import { defineConfig } from "vite";

export default defineConfig({
  build: {
    target: "es2022",
    lib: { entry: "src/main.ts", formats: ["es"], fileName: () => "app.js", cssFileName: "app" },
  },
});
