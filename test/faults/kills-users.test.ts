import { killTests } from "./kills.ts";

killTests(["AddUser", "RemoveUser"]);
