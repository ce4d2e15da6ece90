//! Cameras as people describe them: what each answers is written here from such descriptions, none is a recording.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use cameras::onvif::wire::events::Happening;
use cameras::onvif::{Camera, Events, OnvifError, Step};
use domain::{Clock, Mono, SystemClock, Timestamp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const DATE: &str = "<d:GetSystemDateAndTimeResponse><d:SystemDateAndTime><t:UTCDateTime><t:Time><t:Hour>1</t:Hour><t:Minute>2</t:Minute>\
    <t:Second>3</t:Second></t:Time><t:Date><t:Year>2026</t:Year><t:Month>1</t:Month><t:Day>2</t:Day></t:Date></t:UTCDateTime>\
    </d:SystemDateAndTime></d:GetSystemDateAndTimeResponse>";
const PROFILES: &str =
    "<m:GetProfilesResponse><m:Profiles token=\"p1\"><t:Name>one</t:Name></m:Profiles></m:GetProfilesResponse>";

/// What is answered to a question: its name, and the whole request behind it; `None` a fault.
type Script = fn(&str, &str, SocketAddr) -> Option<String>;

/// A camera that answers so. What came in is written down.
struct Quirk {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
}

fn envelope(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><e:Envelope xmlns:e=\"e\" xmlns:d=\"d\" xmlns:t=\"t\" xmlns:m=\"m\"><e:Body>{body}</e:Body></e:Envelope>"
    )
}

fn http(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len())
}

fn fault(code: &str) -> String {
    let body = format!("<e:Fault><e:Code><e:Subcode><e:Value>ter:{code}</e:Value></e:Subcode></e:Code></e:Fault>");
    http("400 Bad Request", "", &envelope(&body))
}

/// The usual answers, for all that a quirk is not about.
fn usual(name: &str, address: SocketAddr) -> Option<String> {
    Some(match name {
        "GetSystemDateAndTime" => DATE.into(),
        "GetServices" => format!(
            "<d:GetServicesResponse><d:Service><d:Namespace>http://www.onvif.org/ver10/media/wsdl</d:Namespace>\
             <d:XAddr>http://{address}/onvif/media</d:XAddr></d:Service><d:Service>\
             <d:Namespace>http://www.onvif.org/ver10/events/wsdl</d:Namespace><d:XAddr>http://{address}/onvif/events</d:XAddr>\
             </d:Service></d:GetServicesResponse>"
        ),
        "GetProfiles" => PROFILES.into(),
        "GetStreamUri" => stream("rtsp://10.9.9.9:8554/live"),
        "CreatePullPointSubscription" => subscription(&format!("http://{address}/onvif/sub"), ""),
        _ => return None,
    })
}

fn stream(uri: &str) -> String {
    format!("<m:GetStreamUriResponse><m:MediaUri><t:Uri>{uri}</t:Uri></m:MediaUri></m:GetStreamUriResponse>")
}

fn subscription(address: &str, parameters: &str) -> String {
    format!(
        "<m:CreatePullPointSubscriptionResponse><m:SubscriptionReference><m:Address>{address}</m:Address>{parameters}\
         </m:SubscriptionReference></m:CreatePullPointSubscriptionResponse>"
    )
}

fn pulled(topic: &str, item: &str, value: &str) -> String {
    format!(
        "<m:PullMessagesResponse><m:NotificationMessage><m:Topic>{topic}</m:Topic><m:Message><t:Message \
         UtcTime=\"2026-01-02T03:04:05Z\" PropertyOperation=\"Changed\"><t:Data><t:SimpleItem Name=\"{item}\" Value=\"{value}\"/>\
         </t:Data></t:Message></m:Message></m:NotificationMessage></m:PullMessagesResponse>"
    )
}

impl Quirk {
    /// `script` answers a body, or a whole HTTP answer; what it leaves is answered as usual.
    async fn new(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let request = request(&mut socket).await;
                let body = request.split("<s:Body>").nth(1).unwrap_or_default();
                let name = body.split(['>', ' ', '/']).next().unwrap_or_default();
                let name = name.rsplit(':').next().unwrap_or_default().trim_start_matches('<');
                let answer = script(name, &request, address).or_else(|| usual(name, address));
                let answer = match answer {
                    Some(whole) if whole.contains("HTTP/1.") => whole,
                    Some(body) => http("200 OK", "", &envelope(&body)),
                    None => fault("ActionNotSupported"),
                };
                log.lock().unwrap().push(request);
                let _ = socket.write_all(answer.as_bytes()).await;
            }
        });
        Self { address, heard }
    }

    async fn connect(&self) -> Result<Camera, OnvifError> {
        self.connect_at(Arc::new(SystemClock)).await
    }

    async fn connect_at(&self, clock: Arc<dyn Clock>) -> Result<Camera, OnvifError> {
        Camera::connect(&format!("http://{}", self.address), Some(("admin", &"hunter2".into())), clock).await
    }

    fn heard(&self, text: &str) -> bool {
        self.heard.lock().unwrap().iter().any(|request| request.contains(text))
    }
}

async fn request(socket: &mut tokio::net::TcpStream) -> String {
    let (mut text, mut buffer) = (String::new(), [0; 8192]);
    while !text.contains("</s:Envelope>") {
        match socket.read(&mut buffer).await {
            Ok(read @ 1..) => text.push_str(&String::from_utf8_lossy(&buffer[..read])),
            _ => break,
        }
    }
    text
}

async fn streams_at(script: Script) -> Result<String, OnvifError> {
    let quirk = Quirk::new(script).await;
    let camera = quirk.connect().await?;
    let profiles = camera.profiles().await?;
    camera.stream_url(&profiles[0].token).await.map(|url| url.as_str().replace(&quirk.address.to_string(), "CAMERA"))
}

async fn next_of(quirk: &Quirk) -> Vec<(Happening, bool)> {
    let camera = quirk.connect().await.unwrap();
    let mut events: Events<'_> = camera.events().await.unwrap();
    events.next().await.unwrap().iter().map(|notice| (notice.happening, notice.active)).collect()
}

#[tokio::test]
async fn an_address_between_line_breaks_is_read() {
    let url =
        streams_at(|name, _, _| (name == "GetStreamUri").then(|| stream("\r\n    rtsp://10.9.9.9:554/a?b=c&amp;d=e\r\n  ")))
            .await;
    assert_eq!(url.unwrap(), "rtsp://127.0.0.1:554/a?b=c&d=e");
}

#[tokio::test]
async fn a_camera_that_still_names_its_old_address_is_asked_at_its_new_one() {
    let url = streams_at(|name, _, _| {
        (name == "GetServices").then(|| {
            "<d:GetServicesResponse><d:Service><d:Namespace>http://www.onvif.org/ver10/media/wsdl</d:Namespace>\
             <d:XAddr>http://192.168.0.66:6688/onvif/media</d:XAddr></d:Service></d:GetServicesResponse>"
                .into()
        })
    });
    assert_eq!(url.await.unwrap(), "rtsp://127.0.0.1:8554/live");
}

#[tokio::test]
async fn two_addresses_in_one_are_told_apart() {
    let url = streams_at(|name, _, address| {
        (name == "GetServices").then(|| {
            format!(
                "<d:GetServicesResponse><d:Service><d:Namespace>http://www.onvif.org/ver10/media/wsdl</d:Namespace>\
                 <d:XAddr>https://{address}/x  http://{address}/onvif/media</d:XAddr></d:Service></d:GetServicesResponse>"
            )
        })
    });
    assert_eq!(url.await.unwrap(), "rtsp://127.0.0.1:8554/live");
}

#[tokio::test]
async fn zero_bytes_before_the_document_are_skipped() {
    let url = streams_at(|name, _, _| {
        (name == "GetProfiles").then(|| http("200 OK", "", &format!("\0\0POST /onvif\0{}\0\0", envelope(PROFILES))))
    });
    assert!(url.await.is_ok());
}

#[tokio::test]
async fn a_camera_that_knows_only_the_old_question_for_services_is_asked_it() {
    let url = streams_at(|name, _, address| match name {
        "GetServices" => Some(fault("ActionNotSupported")),
        "GetCapabilities" => Some(format!(
            "<d:GetCapabilitiesResponse><d:Capabilities><t:Media><t:XAddr>http://{address}/m</t:XAddr></t:Media></d:Capabilities>\
             </d:GetCapabilitiesResponse>"
        )),
        _ => None,
    });
    assert!(url.await.is_ok());
}

#[tokio::test]
async fn an_empty_list_of_services_is_no_answer_either() {
    let url = streams_at(|name, _, address| match name {
        "GetServices" => Some("<d:GetServicesResponse/>".into()),
        "GetCapabilities" => Some(format!(
            "<d:GetCapabilitiesResponse><d:Capabilities><t:Media><t:XAddr>http://{address}/m</t:XAddr></t:Media></d:Capabilities>\
             </d:GetCapabilitiesResponse>"
        )),
        _ => None,
    });
    assert!(url.await.is_ok());
}

#[tokio::test]
async fn a_camera_with_media_2_alone_is_asked_in_its_own_words() {
    let quirk = Quirk::new(|name, request, address| match name {
        "GetServices" => Some(format!(
            "<d:GetServicesResponse><d:Service><d:Namespace>http://www.onvif.org/ver20/media/wsdl</d:Namespace>\
             <d:XAddr>http://{address}/m2</d:XAddr></d:Service></d:GetServicesResponse>"
        )),
        "GetProfiles" => Some(
            "<m:GetProfilesResponse><m:Profiles token=\"t2\"><m:Name>two</m:Name><m:Configurations><m:VideoEncoder GovLength=\"50\">\
             <t:Encoding>H265</t:Encoding><t:Resolution><t:Width>3840</t:Width><t:Height>2160</t:Height></t:Resolution>\
             </m:VideoEncoder></m:Configurations></m:Profiles></m:GetProfilesResponse>"
                .into(),
        ),
        "GetStreamUri" if request.contains("<tr2:ProfileToken>t2<") => {
            Some("<m:GetStreamUriResponse><m:Uri>rtsp://10.9.9.9/h265</m:Uri></m:GetStreamUriResponse>".into())
        }
        _ => None,
    })
    .await;
    let camera = quirk.connect().await.unwrap();
    let profile = camera.profiles().await.unwrap().remove(0);
    let video = profile.video.unwrap();
    assert_eq!((video.codec.as_str(), video.width, video.gop), ("H265", 3840, Some(50)));
    assert_eq!(camera.stream_url("t2").await.unwrap().as_str(), "rtsp://127.0.0.1/h265");
}

#[tokio::test]
async fn a_camera_that_wants_digest_of_http_gets_it() {
    let quirk = Quirk::new(|name, request, _| {
        let asks = name != "GetSystemDateAndTime" && !request.contains("Authorization: Digest username=\"admin\"");
        asks.then(|| {
            let headers =
                "WWW-Authenticate: Basic realm=\"x\"\r\nWWW-Authenticate: Digest qop=\"auth\", realm=\"c\", nonce=\"n\"\r\n";
            http("401 Unauthorized", headers, "")
        })
    })
    .await;
    quirk.connect().await.unwrap().profiles().await.unwrap();
    assert!(quirk.heard("nc=00000001") && quirk.heard("nc=00000002"), "one nonce, counted");
}

#[tokio::test]
async fn a_refusal_of_the_sign_in_with_status_200_is_one() {
    let refused = streams_at(|name, _, _| {
        (name == "GetProfiles").then(|| {
            let fault =
                "<e:Fault><faultcode>SOAP-ENV:Client</faultcode><faultstring>Sender not Authorized</faultstring></e:Fault>";
            http("200 OK", "", &envelope(fault))
        })
    });
    let error = refused.await.unwrap_err();
    // Its clock stands at the beginning of the year, which is why.
    assert_eq!((error.step, error.cause.code()), (Step::Profiles, "camera.clock_off"));
}

#[tokio::test]
async fn a_token_carries_the_cameras_time_and_not_ours() {
    let quirk = Quirk::new(|_, _, _| None).await;
    let camera = quirk.connect().await.unwrap();
    camera.profiles().await.unwrap();
    assert!(quirk.heard("Created>2026-01-02T01:02:0"));
    let real = Timestamp::parse("2026-01-02T01:02:03Z").unwrap().micros() - SystemClock.now().micros();
    assert!((camera.skew_us() - real).abs() < 5_000_000);
}

#[derive(Debug)]
struct Stopped(Timestamp);

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        self.0
    }

    fn mono(&self) -> Mono {
        Mono::from_micros(0)
    }
}

#[tokio::test]
async fn whole_seconds_are_read_as_their_middle_and_set_where_they_begin() {
    let quirk =
        Quirk::new(|name, _, _| (name == "SetSystemDateAndTime").then(|| "<d:SetSystemDateAndTimeResponse/>".into())).await;
    for (ours, skew_us) in [("03", 500_000), ("03.500", 0), ("03.999999", -499_999), ("02.100", 1_400_000)] {
        let clock = Stopped(Timestamp::parse(&format!("2026-01-02T01:02:{ours}Z")).unwrap());
        assert_eq!(quirk.connect_at(Arc::new(clock)).await.unwrap().skew_us(), skew_us, "{ours}");
    }
    for (ours, set) in [("02:03.999", "Second>4<"), ("59:59.999999", "Hour>2</tt:Hour><tt:Minute>0</tt:Minute><tt:Second>0<")] {
        let clock = Stopped(Timestamp::parse(&format!("2026-01-02T01:{ours}Z")).unwrap());
        quirk.connect_at(Arc::new(clock)).await.unwrap().set_time().await.unwrap();
        assert!(quirk.heard(set), "{set}");
    }
}

#[tokio::test]
async fn a_clock_that_tells_only_local_time_second_60_or_no_date_at_all_stops_nothing() {
    let local: Script = |name, _, _| {
        (name == "GetSystemDateAndTime").then(|| DATE.replace("UTCDateTime", "LocalDateTime").replace(">3<", ">60<"))
    };
    let none: Script = |name, _, _| (name == "GetSystemDateAndTime").then(|| "<d:GetSystemDateAndTimeResponse/>".into());
    let february: Script =
        |name, _, _| (name == "GetSystemDateAndTime").then(|| DATE.replace("Month>1<", "Month>2<").replace("Day>2<", "Day>30<"));
    let keeps: Script = |name, _, _| (name == "GetSystemDateAndTime").then(|| fault("NotAuthorized"));
    for script in [local, none, february, keeps] {
        streams_at(script).await.unwrap();
    }
}

#[tokio::test]
async fn a_profile_named_twice_counts_once_and_one_without_a_token_not_at_all() {
    let quirk = Quirk::new(|name, _, _| {
        (name == "GetProfiles").then(|| {
            let one = "<m:Profiles token=\"p&amp;1\"><t:Name>x</t:Name></m:Profiles>";
            format!("<m:GetProfilesResponse>{one}{one}<m:Profiles><t:Name>y</t:Name></m:Profiles></m:GetProfilesResponse>")
        })
    })
    .await;
    let camera = quirk.connect().await.unwrap();
    let profiles = camera.profiles().await.unwrap();
    assert_eq!(profiles.iter().map(|p| p.token.as_str()).collect::<Vec<_>>(), ["p&1"]);
    camera.stream_url("p&1").await.unwrap();
    assert!(quirk.heard("<trt:ProfileToken>p&amp;1</trt:ProfileToken>"));
}

#[tokio::test]
async fn a_stream_at_no_rtsp_address_is_refused() {
    for uri in ["http://10.9.9.9/mjpeg", "file:///etc/passwd", "javascript:alert(1)", "rtsp", ""] {
        let answer = cameras::onvif::wire::answer(envelope(&stream(uri)).as_bytes(), "GetStreamUriResponse").unwrap();
        let scheme = cameras::onvif::wire::media::uri(&answer).map(|url| url.scheme().to_owned());
        assert_ne!(scheme.as_deref(), Ok("rtsp"), "{uri}");
    }
    let error = streams_at(|name, _, _| (name == "GetStreamUri").then(|| stream("http://10.9.9.9/mjpeg"))).await.unwrap_err();
    assert_eq!(error.step, Step::Stream);
}

#[tokio::test]
async fn a_password_in_the_streams_address_is_left_out() {
    let url = streams_at(|name, _, _| (name == "GetStreamUri").then(|| stream("rtsp://admin:12345@10.9.9.9:554/s#x"))).await;
    assert_eq!(url.unwrap(), "rtsp://127.0.0.1:554/s");
}

#[tokio::test]
async fn a_subscription_that_is_only_a_name_is_pulled_at_the_service() {
    let quirk = Quirk::new(|name, request, _| match name {
        "CreatePullPointSubscription" => Some(subscription("uuid:5f5a69c2-e0ae-504f-829b-00E0F804CCFC", "")),
        "PullMessages" if request.starts_with("POST /onvif/events ") && request.contains("<wsa:To>uuid:5f5a69c2") => {
            Some(pulled("tns1:VideoSource/MotionAlarm", "State", "true"))
        }
        _ => None,
    })
    .await;
    assert_eq!(next_of(&quirk).await, [(Happening::Motion, true)]);
}

#[tokio::test]
async fn reference_parameters_are_sent_back_with_their_namespace() {
    let quirk = Quirk::new(|name, request, address| match name {
        "CreatePullPointSubscription" => {
            let parameters = "<m:ReferenceParameters><x:SubscriptionId xmlns:x=\"urn:vendor\">4&lt;2</x:SubscriptionId></m:ReferenceParameters>";
            Some(subscription(&format!("http://{address}/onvif/services"), parameters))
        }
        "PullMessages" if request.contains("<r:SubscriptionId xmlns:r=\"urn:vendor\" wsa:IsReferenceParameter=\"true\">4&lt;2</r:SubscriptionId>") => {
            Some(pulled("tns1:Device/Trigger/DigitalInput", "LogicalState", "1"))
        }
        _ => None,
    })
    .await;
    assert_eq!(next_of(&quirk).await, [(Happening::Input, true)]);
}

#[tokio::test]
async fn what_cameras_call_their_events_is_understood() {
    for (topic, item, value, expected) in [
        ("tns1:RuleEngine/CellMotionDetector/Motion", "IsMotion", "true", (Happening::Motion, true)),
        ("tns1:RuleEngine/CellMotionDetector/Motion", "IsMotion", "0", (Happening::Motion, false)),
        ("tns1:VideoSource/MotionAlarm", "State", "1", (Happening::Motion, true)),
        ("tns1:RuleEngine/FieldDetector/ObjectsInside", "IsInside", "FALSE", (Happening::Motion, false)),
        ("tns1:RuleEngine/MyRuleDetector/PeopleDetect", "State", "true", (Happening::Object, true)),
        ("tns1:RuleEngine/TPSmartEventDetector/TPSmartEvent/People", "IsPeople", "true", (Happening::Object, true)),
        ("tns1:RuleEngine/LineDetector/Crossed", "ObjectId", "17", (Happening::Object, true)),
        ("tns1:RuleEngine/MyRuleDetector/Visitor", "State", "true", (Happening::Doorbell, true)),
        ("tns1:Device/Trigger/tnshik:AlarmIn", "State", "true", (Happening::Input, true)),
        ("tns1:Device/tnsaxis:IO/VirtualInput", "active", "active", (Happening::Other, true)),
        ("tns1:VideoSource/GlobalSceneChange/ImagingService", "State", "true", (Happening::Tamper, true)),
        ("tns1:VideoSource/ImageTooDark/ImagingService", "State", "false", (Happening::Tamper, false)),
        ("tns1:Monitoring/ProcessorUsage", "Value", "40", (Happening::Other, true)),
    ] {
        let answer =
            cameras::onvif::wire::answer(envelope(&pulled(topic, item, value)).as_bytes(), "PullMessagesResponse").unwrap();
        let notices = cameras::onvif::wire::events::notices(&answer);
        assert_eq!((notices[0].happening, notices[0].active), expected, "{topic} {value}");
    }
}
