"""A stand-in for the `dm` package of a Data Management station: its public names and signatures, on the routes of the simulated service. Standard library only."""

__version__ = "stand-in"

from dm.common.exceptions.dmException import DmException
from dm.common.exceptions.internalError import InternalError
from dm.common.exceptions.communicationError import CommunicationError
from dm.common.exceptions.configurationError import ConfigurationError
from dm.common.exceptions.authorizationError import AuthorizationError
from dm.common.exceptions.authenticationError import AuthenticationError
from dm.common.exceptions.invalidArgument import InvalidArgument
from dm.common.exceptions.invalidRequest import InvalidRequest
from dm.common.exceptions.invalidSession import InvalidSession
from dm.common.exceptions.objectNotFound import ObjectNotFound
from dm.common.exceptions.objectAlreadyExists import ObjectAlreadyExists
from dm.common.exceptions.invalidObjectState import InvalidObjectState
from dm.aps_db_web_service.api.bssApsDbApi import BssApsDbApi
from dm.aps_db_web_service.api.esafApsDbApi import EsafApsDbApi
from dm.daq_web_service.api.experimentDaqApi import ExperimentDaqApi
from dm.ds_web_service.api.experimentDsApi import ExperimentDsApi
from dm.ds_web_service.api.userDsApi import UserDsApi
from dm.proc_web_service.api.procApiFactory import ProcApiFactory
