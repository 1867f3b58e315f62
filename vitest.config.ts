import { defineConfig } from "vitest/config";

/** The facility of the tests and of the programs that they start, whatever the machine's own zone is. */
process.env["TZ"] = "America/Chicago";

/**
 * The suites by folder: `check` runs `unit` alone; `npm test` runs unit, integration and interop. Files of a suite share their worker's modules, which are then read once a worker
 * and not once a file: a test leaves no module-level state behind.
 */
const suite = (name: string, include: string[], exclude: string[] = []) => ({
  test: {
    name,
    include,
    exclude: [...exclude, "**/node_modules/**", "dist/**"],
    environment: "node" as const,
    isolate: false,
    // Catches what hangs, not what a busy machine makes slow.
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});

export default defineConfig({
  test: {
    // Most tests wait for programs that they started, not for a processor: more workers than cores.
    maxWorkers: 4,
    coverage: { include: ["src/**"], reporter: ["text-summary", "html"] },
    projects: [
      suite(
        "unit",
        ["test/**/*.test.ts"],
        ["test/integration/**", "test/interop/**", "test/long/**", "test/faults/**"],
      ),
      suite("integration", ["test/integration/**/*.test.ts"]),
      suite("interop", ["test/interop/**/*.test.ts"]),
      suite("long", ["test/long/**/*.test.ts"]),
      suite("faults", ["test/faults/**/*.test.ts"]),
    ],
  },
});
