// A player that is not ours: live555, the RTSP client inside VLC. Plays for so many seconds, takes its leave, and keeps the pictures.
//
//   live555_client URL USER PASSWORD tcp|udp SECONDS FILE
//
// Prints `CODEC FRAMES` a track; ends with 1 where the server refuses anything on the way.
#include <BasicUsageEnvironment.hh>
#include <liveMedia.hh>

#include <cstdio>
#include <cstdlib>
#include <cstring>

static UsageEnvironment *env;
static MediaSession *session;
static MediaSubsessionIterator *remaining;
static MediaSubsession *current;
static bool byTcp;
static unsigned seconds;
static char const *file;
static char volatile ended;
static int verdict = 1;

static void fail(char const *what, char const *why) {
  fprintf(stderr, "%s: %s\n", what, why == nullptr ? "" : why);
  ended = 1;
}

// Counts what comes, and gives it to the sink that writes the file.
class Counter : public FramedFilter {
public:
  Counter(UsageEnvironment &env, FramedSource *source) : FramedFilter(env, source) {}
  unsigned frames = 0;

private:
  void doGetNextFrame() override {
    fInputSource->getNextFrame(fTo, fMaxSize, [](void *self, unsigned size, unsigned cut, struct timeval at, unsigned lasts) {
      auto counter = static_cast<Counter *>(self);
      counter->frames += 1;
      counter->fFrameSize = size;
      counter->fNumTruncatedBytes = cut;
      counter->fPresentationTime = at;
      counter->fDurationInMicroseconds = lasts;
      FramedSource::afterGetting(counter);
    }, this, FramedSource::handleClosure, this);
  }
};

static Counter *counters[2];

static void gone(RTSPClient *, int code, char *said) {
  delete[] said;
  if (code != 0) return fail("TEARDOWN", "refused");
  verdict = 0;
  ended = 1;
}

static void leave(void *client) { static_cast<RTSPClient *>(client)->sendTeardownCommand(*session, gone); }

static void playing(RTSPClient *client, int code, char *said) {
  if (code != 0) return fail("PLAY", said);
  delete[] said;
  env->taskScheduler().scheduleDelayedTask(int64_t(seconds) * 1000000, leave, client);
}

static void next(RTSPClient *client);

static void isSetUp(RTSPClient *client, int code, char *said) {
  if (code != 0) return fail("SETUP", said);
  delete[] said;
  bool isVideo = strcmp(current->mediumName(), "video") == 0;
  auto counter = new Counter(*env, current->readSource());
  counters[isVideo ? 0 : 1] = counter;
  FileSink *sink;
  if (strcmp(current->codecName(), "H264") == 0)
    sink = H264VideoFileSink::createNew(*env, file, current->fmtp_spropparametersets(), 1024 * 1024);
  else if (strcmp(current->codecName(), "H265") == 0)
    sink = H265VideoFileSink::createNew(*env, file, current->fmtp_spropvps(), current->fmtp_spropsps(), current->fmtp_sproppps(),
                                        1024 * 1024);
  else
    sink = FileSink::createNew(*env, "/dev/null");
  sink->startPlaying(*counter, nullptr, nullptr);
  next(client);
}

static void next(RTSPClient *client) {
  current = remaining->next();
  if (current == nullptr) {
    client->sendPlayCommand(*session, playing);
  } else if (!current->initiate()) {
    fail("initiate", env->getResultMsg());
  } else {
    client->sendSetupCommand(*current, isSetUp, False, byTcp ? True : False);
  }
}

static void described(RTSPClient *client, int code, char *sdp) {
  if (code != 0) return fail("DESCRIBE", sdp);
  session = MediaSession::createNew(*env, sdp);
  delete[] sdp;
  if (session == nullptr) return fail("SDP", env->getResultMsg());
  remaining = new MediaSubsessionIterator(*session);
  next(client);
}

int main(int count, char **arguments) {
  if (count != 7) return 2;
  byTcp = strcmp(arguments[4], "tcp") == 0;
  seconds = unsigned(atoi(arguments[5]));
  file = arguments[6];
  env = BasicUsageEnvironment::createNew(*BasicTaskScheduler::createNew());
  // A picture of a camera may be larger than what live555 takes by itself.
  OutPacketBuffer::maxSize = 1024 * 1024;
  Authenticator known(arguments[2], arguments[3]);
  auto client = RTSPClient::createNew(*env, arguments[1], 0, "live555_client");
  client->sendDescribeCommand(described, &known);
  env->taskScheduler().doEventLoop(&ended);
  if (verdict == 0) {
    MediaSubsessionIterator tracks(*session);
    while (MediaSubsession *track = tracks.next()) {
      auto counter = counters[strcmp(track->mediumName(), "video") == 0 ? 0 : 1];
      printf("%s %u\n", track->codecName(), counter->frames);
    }
  }
  fflush(stdout);
  // What is left goes with the process.
  _Exit(verdict);
}
