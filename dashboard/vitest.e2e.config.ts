import { defineConfig } from "vitest/config";

/** The pages in a real browser, on a real edge, Kafka and PostgreSQL. See docs/dashboard.md. */
export default defineConfig({
  test: {
    include: ["e2e/**/*.e2e.ts"],
    environment: "node",
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
