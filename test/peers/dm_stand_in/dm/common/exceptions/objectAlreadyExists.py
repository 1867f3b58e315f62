from dm.common.exceptions.dmException import DmException


class ObjectAlreadyExists(DmException):
    code = 15
