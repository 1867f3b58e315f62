import { killTests } from "./kills.ts";

killTests(["Reconcile", "Prune"]);
