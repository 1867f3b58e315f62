import { killTests } from "./kills.ts";

killTests(["TransferRun", "TransferCancel"]);
