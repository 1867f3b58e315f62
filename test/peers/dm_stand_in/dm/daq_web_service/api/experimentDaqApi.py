import json

from dm.common.session import WebService, encoded, path, query


class ExperimentDaqApi(WebService):
    service = "DAQ"

    def startDaq(self, experimentName, dataDirectory, daqInfo={}):
        target = path("experimentsByName", encoded(experimentName), "startDaq", encoded(dataDirectory))
        return self.call("POST", target + query(taskInfo=encoded(json.dumps(daqInfo))))

    def stopDaq(self, experimentName, dataDirectory):
        return self.call("POST", path("experimentsByName", encoded(experimentName), "stopDaq", encoded(dataDirectory)))

    def listDaqs(self):
        return self.call("GET", path("daqs"))

    def getDaqInfo(self, id):
        return self.call("GET", path("daqs", id))

    def upload(self, experimentName, dataDirectory, daqInfo={}):
        target = path("experimentsByName", encoded(experimentName), "upload", encoded(dataDirectory))
        return self.call("POST", target + query(taskInfo=encoded(json.dumps(daqInfo))))

    def listUploads(self):
        return self.call("GET", path("uploads"))

    def getUploadInfo(self, id):
        return self.call("GET", path("uploads", id))

    def stopUpload(self, id):
        return self.call("POST", path("uploads", id, "stop"))
