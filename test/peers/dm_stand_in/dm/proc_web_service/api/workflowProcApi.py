import json

from dm.common.session import WebService, encoded, path, query


class WorkflowProcApi(WebService):
    service = "PROC"

    def listWorkflows(self, owner, queryDict={}):
        return self.call("GET", path("workflowsByOwner", owner) + query(queryDict=encoded(json.dumps(queryDict))))

    def getWorkflowByName(self, owner, name):
        return self.call("GET", path("workflowsByOwner", owner, encoded(name)))

    def addWorkflow(self, workflow):
        return self._put("POST", "addWorkflow", workflow)

    def updateWorkflow(self, workflow):
        return self._put("PUT", "updateWorkflow", workflow)

    def _put(self, method, verb, workflow):
        return self.call(method, path("workflows", verb) + query(allowCurrentUsername=0, workflow=encoded(json.dumps(workflow))))

    def startProcessingJob(self, workflowOwner, workflowName, argsDict={}):
        target = path("processingJobsByWorkflow", workflowOwner, encoded(workflowName), "startProcessingJob")
        return self.call("POST", target + query(argsDict=encoded(json.dumps(argsDict))))

    def getProcessingJobById(self, owner, id):
        return self.call("GET", path("processingJobsByOwner", owner, id))

    def listProcessingJobs(self, owner, queryDict={}, skip=0, limit=5000, keyList="DEFAULT"):
        arguments = query(queryDict=encoded(json.dumps(queryDict)), skip=skip, limit=limit, keyList=encoded(json.dumps(keyList)))
        return self.call("GET", path("processingJobsByOwner", owner) + arguments)

    def stopProcessingJob(self, owner, id):
        return self.call("POST", path("processingJobsByOwner", owner, id, "stop"))
