from dm.common.exceptions.dmException import DmException


class ConfigurationError(DmException):
    code = 4
