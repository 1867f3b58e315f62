def tar_folder(folder, archive):
    """Writes a folder into one archive, which has its name only when it is whole. For flows/tar-transfer.json.

    globus-ioc compute register tar_folder.py tar_folder
    """
    import os
    import tarfile

    folder = folder.rstrip("/")
    if not os.path.isdir(folder):
        raise ValueError(f"{folder} is no folder on the machine of this endpoint.")
    if os.path.abspath(archive).startswith(os.path.abspath(folder) + os.sep):
        raise ValueError(f"The archive {archive} lies in the folder {folder} that goes into it: name another place.")
    part = f"{archive}.part"
    os.makedirs(os.path.dirname(os.path.abspath(archive)), exist_ok=True)
    with tarfile.open(part, "w") as tar:
        tar.add(folder, arcname=os.path.basename(folder))
    os.replace(part, archive)
    return {"archive": archive, "bytes": os.path.getsize(archive)}
