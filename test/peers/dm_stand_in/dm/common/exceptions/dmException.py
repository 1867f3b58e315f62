"""The root of what the package raises."""


class DmException(Exception):
    code = 1

    def __init__(self, message="", code=None):
        super().__init__(message)
        if code is not None:
            self.code = code

    def getErrorCode(self):
        return self.code

    def getErrorMessage(self):
        return str(self)
