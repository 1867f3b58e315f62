import { killTests } from "./kills.ts";

killTests(["Init"], "petrel");
