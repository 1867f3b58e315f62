import { killTests } from "./kills.ts";

killTests(["Email"], "petrel");
