import { serviceTests } from "./failing-services.ts";

serviceTests(["WorkflowRun", "WorkflowMonitor", "WorkflowCancel"]);
