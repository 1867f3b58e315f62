import { killTests } from "./kills.ts";

killTests(["TransferCheck"]);
