"""An ONVIF client that is not ours (onvif-zeep), which asks a camera for all that a recorder does.

    python onvif_client.py HOST PORT USER PASSWORD

Prints one line of JSON with what it learned. It checks every answer against ONVIF's own schemas. When it has subscribed to
events it prints `{"subscribed": true}`, and waits for something to happen.
"""

import json
import sys

from onvif import ONVIFCamera, ONVIFError


def say(what: dict) -> None:
    """Writes a line."""
    print(json.dumps(what), flush=True)


def main() -> None:
    """Asks."""
    host, port, user, password = sys.argv[1:]
    camera = ONVIFCamera(host, int(port), user, password)
    information = camera.devicemgmt.GetDeviceInformation()
    services = camera.devicemgmt.GetServices({"IncludeCapability": False})
    media = camera.create_media_service()
    profiles = media.GetProfiles()
    token = profiles[0].token
    setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
    stream = media.GetStreamUri({"StreamSetup": setup, "ProfileToken": token}).Uri
    snapshot = media.GetSnapshotUri({"ProfileToken": token}).Uri

    ptz = camera.create_ptz_service()
    node = ptz.GetNodes()[0]
    ptz.AbsoluteMove({"ProfileToken": token, "Position": {"PanTilt": {"x": 0.5, "y": -0.5}, "Zoom": {"x": 0.25}}})
    position = ptz.GetStatus({"ProfileToken": token}).Position
    preset = ptz.SetPreset({"ProfileToken": token, "PresetName": "door"})
    ptz.ContinuousMove({"ProfileToken": token, "Velocity": {"PanTilt": {"x": 1.0, "y": 0.0}, "Zoom": {"x": 0.0}}})
    ptz.Stop({"ProfileToken": token, "PanTilt": True, "Zoom": True})
    ptz.GotoPreset({"ProfileToken": token, "PresetToken": preset})
    presets = [p.Name for p in ptz.GetPresets({"ProfileToken": token})]

    imaging = camera.create_imaging_service()
    source = profiles[0].VideoSourceConfiguration.SourceToken
    imaging.SetImagingSettings({"VideoSourceToken": source, "ImagingSettings": {"Brightness": 71.0}})
    brightness = imaging.GetImagingSettings({"VideoSourceToken": source}).Brightness

    events = camera.create_pullpoint_service()
    first = events.PullMessages({"Timeout": "PT1S", "MessageLimit": 10}).NotificationMessage
    say({"subscribed": True})
    second = events.PullMessages({"Timeout": "PT10S", "MessageLimit": 10}).NotificationMessage

    try:
        ONVIFCamera(host, int(port), user, password + "!").devicemgmt.GetDeviceInformation()
        wrong = "accepted"
    except ONVIFError as error:
        wrong = str(error)

    say({
        "make": information.Manufacturer,
        "services": len(services),
        "profiles": [p.VideoEncoderConfiguration.Resolution.Width for p in profiles],
        "stream": stream,
        "snapshot": snapshot,
        "home": node.HomeSupported,
        "position": [position.PanTilt.x, position.PanTilt.y, position.Zoom.x],
        "presets": presets,
        "brightness": brightness,
        "first": len(first),
        "second": [dict(item.attrib) for notice in second for item in notice.Message._value_1.iter("{*}SimpleItem")],
        "wrong": wrong,
    })


main()
