"""What real meters have answered, as others have published it: frames as they came, some without their CRC.

A map -> (where it was published, first register asked for, frame from unit to data, or to CRC), ...
A SunSpec meter's registers count from its model's header.
"""

_DDSU666 = (
    "https://community.home-assistant.io/t/how-to-interpret-rs485-comms-between-a-ddsu666-and-growatt-inverter/743202"
)

DUMPS = {
    "ddsu666": (
        (
            _DDSU666,
            0x2000,
            "03 03 20 43 75 E6 66 3F BD D2 F2 BE 97 8D 50 3E 4E 21 96 3E B7 31 90 BF 53 74 BC 00 00 00 00 42 47 E1 48"
            " DE DF",
        ),
    ),
    "sdm120": (("https://github.com/reaper7/SDM_Energy_Meter/issues/16", 0x0000, "01 04 04 43 66 E6 66"),),
    "sdm230": (
        (
            "https://github.com/syssi/esphome-solax-x1-mini/issues/20",
            0x000C,
            "01 04 04 45 8E 3C 35 5F B4",
        ),
    ),
    "sdm630": (
        ("https://github.com/arendst/Tasmota/issues/13224", 0x0000, "01 04 04 43 60 25 88 F4 E8"),
        (
            "https://github.com/serkri/SmartEVSE-3/issues/35",
            0x0006,
            "0B 04 18 41 77 73 76 41 74 D0 A7 41 78 00 EF 45 6A 57 17 45 66 33 CA 45 68 F0 37",
        ),
        ("https://github.com/serkri/SmartEVSE-3/issues/35", 0x0034, "0B 04 04 46 2E 4C 7D"),
    ),
    "sunspec": (
        (
            "https://github.com/evcc-io/evcc/issues/15445",
            2,
            "01 03 48 00 66 00 2F 00 08 00 2E FF FF 5B 98 5B 98 5C D3 5A 6C 00 00 00 00 00 00 00 00 FF FE 13 87 FF FE"
            " FF A5 04 08 FF 85 FC 18 00 00 01 DC 04 1C 00 94 03 F8 00 00 FE 2D FF 31 FF AF FF 4E 00 00 08 1C DB 02 19"
            " 50 24 03 FF FE 01",
        ),
    ),
}
