"""What a client posts to the national server, written by hand: templates, to be filled with %."""

from national_world import NS

STRANGER = "01E0F2357FF85E4B7EE6C60ED43B22DF278F17E0"
NAMESPACES = {"1.2": "https://csipaus.org/ns", "1.3": "https://csipaus.org/ns/v1.3"}
DEVICE = (
    f'<EndDevice xmlns="{NS}"><deviceCategory>00000008</deviceCategory><lFDI>%s</lFDI><sFDI>%d</sFDI>'
    "<changedTime>1</changedTime></EndDevice>"
)
POINT = '<c:ConnectionPoint xmlns:c="%s"><c:connectionPointId>%s</c:connectionPointId></c:ConnectionPoint>'
CAPABILITY = (
    f'<DERCapability xmlns="{NS}" xmlns:c="%s"><modesSupported>0000008C</modesSupported><rtgMaxW><multiplier>1'
    "</multiplier><value>1000</value></rtgMaxW><type>83</type><c:doeModesSupported>0F</c:doeModesSupported>"
    "</DERCapability>"
)
SETTINGS = (
    f'<DERSettings xmlns="{NS}" xmlns:c="%s"><setGradW>27</setGradW><setMaxW><multiplier>-1</multiplier><value>30001'
    "</value></setMaxW><setMinPFOverExcited><displacement>95</displacement><multiplier>-2</multiplier>"
    "</setMinPFOverExcited><updatedTime>1</updatedTime><c:doeModesEnabled>0F</c:doeModesEnabled>%s</DERSettings>"
)
STATUS = (
    f'<DERStatus xmlns="{NS}"><alarmStatus>00000000</alarmStatus><genConnectStatus><dateTime>1</dateTime><value>07'
    "</value></genConnectStatus><manufacturerStatus><dateTime>1</dateTime><value>fine</value></manufacturerStatus>"
    "<operationalModeStatus><dateTime>1</dateTime><value>2</value></operationalModeStatus><readingTime>1</readingTime>"
    "</DERStatus>"
)
LOG_EVENT = (
    f'<LogEvent xmlns="{NS}"><createdDateTime>1</createdDateTime><details>inverter: fault</details><functionSet>11'
    "</functionSet><logEventCode>2</logEventCode><logEventID>1</logEventID><logEventPEN>57269</logEventPEN><profileID>1"
    "</profileID></LogEvent>"
)
TYPE = (
    "<ReadingType><commodity>1</commodity><dataQualifier>2</dataQualifier><kind>37</kind><phase>64</phase>"
    "<powerOfTenMultiplier>-1</powerOfTenMultiplier><uom>%d</uom></ReadingType>"
)
METER = "<MirrorMeterReading><mRID>%s</mRID>%s</MirrorMeterReading>"
MUP = (
    f'<MirrorUsagePoint xmlns="{NS}"><mRID>AA00028547</mRID><roleFlags>0003</roleFlags><serviceCategoryKind>0'
    "</serviceCategoryKind><status>1</status><deviceLFDI>%s</deviceLFDI>%s</MirrorUsagePoint>"
)
READING = "<Reading><timePeriod><duration>60</duration><start>%d</start></timePeriod><value>%d</value></Reading>"
READINGS = f'<MirrorMeterReadingList xmlns="{NS}" all="1" results="1">%s</MirrorMeterReadingList>'
WATTS = METER % ("bb00028547", TYPE % 38)
