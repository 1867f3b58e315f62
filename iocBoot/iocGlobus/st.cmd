# Starts the IOC of the beamline's data management:  globus-ioc ioc st.cmd
# Everything that differs between beamlines comes from the environment. P, the prefix of the beamline, such as 2bmb:, has no default; the others have these.
# GLOBUS_IOC is the folder of the package.
# A line that fails ends the program with status 1: an IOC without its records or its settings must not look healthy to a supervisor.
on error break
epicsEnvSet("P", "$(P)")
epicsEnvSet("R", "$(R=Globus:)")
epicsEnvSet("TOP", "$(TOP=$(GLOBUS_IOC))")
epicsEnvSet("EPICS_DB_INCLUDE_PATH", "$(TOP)/db")

# The PVs, and four more for each command
dbLoadRecords("globus.db", "P=$(P),R=$(R)")
dbLoadRecords("globus_health.db", "P=$(P),R=$(R)")
dbLoadRecords("globus_visit.db", "P=$(P),R=$(R)")
dbLoadRecords("globus_experiment.db", "P=$(P),R=$(R)")
dbLoadRecords("globus_users.db", "P=$(P),R=$(R)")
dbLoadRecords("globus_email.db", "P=$(P),R=$(R)")
dbLoadTemplate("globus_daq.substitutions", "P=$(P),R=$(R)")
dbLoadTemplate("globus_transfers.substitutions", "P=$(P),R=$(R)")
dbLoadRecords("globus_flows.db", "P=$(P),R=$(R)")
dbLoadRecords("globus_workflows.db", "P=$(P),R=$(R)")
dbLoadRecords("globus_steps.db", "P=$(P),R=$(R)")
dbLoadRecords("globus_check.db", "P=$(P),R=$(R)")
dbLoadTemplate("globus_triggers.substitutions", "P=$(P),R=$(R)")
dbLoadTemplate("globus_commands.substitutions", "P=$(P),R=$(R)")
dbLoadTemplate("globus_halves.substitutions", "P=$(P),R=$(R)")

# What the commands work on; P and R must be those of its [epics] section
globusConfigure("$(GLOBUS_CONF=globus.conf)", "P=$(P),R=$(R)")
globusStart

# Who may write: from which hosts, and who are the managers (docs/access-security.md). A client's host is its address, not what it says
var asCheckClientIP 1
asSetFilename("$(GLOBUS_ACF=globus.acf)")
asSetSubstitutions("HOSTS='$(GLOBUS_HOSTS=$(GLOBUS_IOC_HOSTS))',MANAGERS='$(GLOBUS_MANAGERS=$(GLOBUS_IOC_USER))'")

# Who wrote what, and this IOC's log, on log servers (docs/put-log.md)
# caPutLogInit("logs.example.org:7011")
# epicsEnvSet("EPICS_IOC_LOG_INET", "logs.example.org")
# iocLogInit

# Settings survive a restart: what db/globus_settings.req lists is kept in this folder, which no other IOC may use (docs/autosave.md)
set_savefile_path("$(AUTOSAVE_DIR=autosave-$(P)$(R))")
set_requestfile_path("$(TOP)/db")
save_restoreSet_DatedBackupFiles(0)
set_pass0_restoreFile("globus_settings.sav")
set_pass1_restoreFile("globus_settings.sav")
create_monitor_set("globus_settings.req", 5, "P=$(P),R=$(R)")

iocInit
