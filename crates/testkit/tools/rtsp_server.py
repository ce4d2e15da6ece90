"""A camera that is not ours: GStreamer's RTSP server with files behind it.

    python3 rtsp_server.py --user NAME --password SECRET --mount /front=h264+aac:front.mp4 ... --relay /yard=rtsp://...

Prints `rtsp://127.0.0.1:PORT` when it listens, on a port that the system picks. Asks for digest authentication where a
user is given. Ends when its standard input does, so that it never outlives the test that started it.
"""

import argparse
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

ROLE = "viewer"
# Parameter sets go before every key frame (config-interval=-1), as cameras do it.
VIDEO = "d.video_0 ! queue ! {codec}parse ! rtp{codec}pay name=pay0 pt=96 config-interval=-1"
AUDIO = "d.audio_0 ! queue ! aacparse ! rtpmp4gpay name=pay1 pt=97"


# Another server's pictures as they come, packets made anew.
RELAY = "rtspsrc location={url} protocols=tcp latency=0 ! rtph264depay ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1"


def pipeline(codecs: str, file: str) -> str:
    """What GStreamer is to play for one client."""
    video, _, audio = codecs.partition("+")
    if video not in ("h264", "h265") or audio not in ("", "aac"):
        raise SystemExit(f"codecs {codecs!r}: expected h264 or h265, and perhaps +aac")
    tracks = [VIDEO.format(codec=video)] + ([AUDIO] if audio else [])
    return f'( filesrc location="{file}" ! qtdemux name=d {" ".join(tracks)} )'


def main() -> None:
    """Serves until standard input ends."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--user")
    arguments.add_argument("--password", default="")
    arguments.add_argument("--mount", action="append", default=[], metavar="/PATH=CODECS:FILE")
    arguments.add_argument("--relay", action="append", default=[], metavar="/PATH=URL")
    given = arguments.parse_args()

    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service("0")
    if given.user:
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", ROLE)
        auth = GstRtspServer.RTSPAuth()
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(given.user, given.password, token)
        server.set_auth(auth)
    for mount in given.mount:
        path, _, source = mount.partition("=")
        codecs, _, file = source.partition(":")
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(pipeline(codecs, file))
        if given.user:
            permissions = GstRtspServer.RTSPPermissions()
            for right in ("media.factory.access", "media.factory.construct"):
                permissions.add_permission_for_role(ROLE, right, True)
            factory.set_permissions(permissions)
        server.get_mount_points().add_factory(path, factory)

    for relay in given.relay:
        path, _, url = relay.partition("=")
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(f"( {RELAY.format(url=url)} )")
        # One connection and one pipeline for all who watch.
        factory.set_shared(True)
        server.get_mount_points().add_factory(path, factory)

    loop = GLib.MainLoop()
    GLib.io_add_watch(sys.stdin.fileno(), GLib.IO_HUP | GLib.IO_IN, lambda *_: loop.quit())
    if server.attach(None) == 0:
        raise SystemExit("could not listen")
    print(f"rtsp://127.0.0.1:{server.get_bound_port()}", flush=True)
    loop.run()


main()
