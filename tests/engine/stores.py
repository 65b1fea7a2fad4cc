"""Where an engine keeps its images: its own store, or containerd's."""


def keeps_packed(client):
    """Tell whether images are in containerd's store, where a layer is kept packed too, in whole blocks."""
    return ["driver-type", "io.containerd.snapshotter.v1"] in client.info()["DriverStatus"]
