import { serviceTests } from "./failing-services.ts";

serviceTests(["AddUser", "RemoveUser", "ListUsers"]);
