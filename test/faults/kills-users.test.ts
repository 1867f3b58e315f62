import { killTests } from "./kills.ts";

killTests(["Init", "AddUser", "RemoveUser", "ListUsers"]);
