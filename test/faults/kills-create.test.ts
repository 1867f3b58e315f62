import { killTests } from "./kills.ts";

killTests(["CreateManual", "ListUsers", "Delete"]);
