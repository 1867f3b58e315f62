from dm.proc_web_service.api.workflowProcApi import WorkflowProcApi


class ProcApiFactory:
    @staticmethod
    def getWorkflowProcApi():
        return WorkflowProcApi()
