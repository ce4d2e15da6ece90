// Made by `npm run gen:api` from the server's OpenAPI document. Do not edit.

export interface paths {
    "/api/v1/account": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Cancels one's account: everything ends, and the keys are destroyed when this answers. */
        delete: operations["cancelAccount"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/agreement": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Agrees to the policy in force. */
        put: operations["agree"];
        post?: never;
        /** Takes the agreement back. Within a second nothing but the policy and one's privacy centre is served. */
        delete: operations["disagree"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The cameras of one's homes, or of the one that is named. */
        get: operations["listCameras"];
        put?: never;
        /** Adds a camera. It is recorded from now on. */
        post: operations["addCamera"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/gone": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The cameras that were removed from one's homes and whose footage was kept, or of the home that is named. What they left is
         *     played, saved, locked and erased by their ids, as of any camera.
         */
        get: operations["listGoneCameras"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Invites one camera, for a quarter of an hour. It ends with the session that made it. */
        post: operations["inviteCamera"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/invitations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the invited camera has come. */
        get: operations["readInvitation"];
        put?: never;
        post?: never;
        /** Takes an invitation back. A camera that came by it stays. */
        delete: operations["withdrawInvitation"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/pair": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Pairs a camera of ours in the server's networks by the code on its label: a line of JSON a step, as it happens. */
        post: operations["pairCamera"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Looks for cameras in the server's networks: a line of JSON each, as they answer. Ends within a minute, when the client leaves,
         *     and when another search of the home begins. Nothing of it is kept.
         */
        post: operations["searchCameras"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Tries a camera before it is added: a line of JSON a step, as it happens. */
        post: operations["testCamera"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One camera. */
        get: operations["readCamera"];
        put?: never;
        post?: never;
        /**
         * Removes a camera: it is disconnected, and its address, user name and password are erased. `footage=keep` leaves what was
         *     recorded as it is, to be played and saved by those who may now; `footage=erase` destroys its keys, so that nobody can play it
         *     again, and does so with what a camera left that is gone already. One of the two must be said.
         */
        delete: operations["removeCamera"];
        options?: never;
        head?: never;
        /** Changes a camera. */
        patch: operations["editCamera"];
        trace?: never;
    };
    "/api/v1/cameras/{id}/aim": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Turns a camera's head, which ends that by itself. */
        post: operations["aimCamera"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{id}/clock": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sets a camera's clock to the server's. */
        post: operations["setCameraClock"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{id}/controls": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Asks a camera what it can do. Nothing of that is kept. */
        get: operations["readControls"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What happened in front of a camera within a range. */
        get: operations["listCameraEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{id}/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How well a camera is recorded. */
        get: operations["readHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{id}/imaging": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Sets the look of a camera's picture, and says how it looks then. */
        patch: operations["setImaging"];
        trace?: never;
    };
    "/api/v1/cameras/{id}/keep": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How long and how much of a camera's footage is kept. */
        get: operations["readKeep"];
        /** Sets how long and how much of a camera's footage is kept. What is beyond is deleted within a minute. */
        put: operations["setKeep"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{id}/live.ws": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A live view for Media Source Extensions, by WebSocket: text messages say what follows, binary ones are an initialization
         *     segment and then live parts.
         */
        get: operations["watchLive"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{id}/move.ws": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Moves a camera, by WebSocket. `{"pan": 0.5, "tilt": 0, "zoom": 0}`, each from -1 to 1, moves it for a quarter of a second and is
         *     sent again for as long as it shall go on; `{}` stops it, and so does the end of the connection. The server says `ready` once,
         *     and `ended` with a code where the camera does not follow.
         */
        get: operations["moveCamera"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{id}/plan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How a camera is recorded. */
        get: operations["readPlan"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Changes how a camera is recorded. Footage that is there stays. */
        patch: operations["editPlan"];
        trace?: never;
    };
    "/api/v1/cameras/{id}/playback.m3u8": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** An HLS playlist (RFC 8216) of a range. */
        get: operations["readPlaylist"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{id}/playback/{segment}/{part}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A piece of recorded footage, as the playlist names it. */
        get: operations["readPart"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{id}/presets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Has a camera remember where it looks. */
        post: operations["savePreset"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{id}/presets/{preset}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Has a camera forget a place. */
        delete: operations["removePreset"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{id}/privacy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Lets go of a camera: it is not connected, not seen and not recorded. Or ends that. */
        put: operations["switchPrivacy"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{id}/recording.mp4": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A range as one MP4 file, at most a day. Serves byte ranges, so that a broken download goes on where it was. */
        get: operations["download"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{id}/recording.mp4.sha256": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the file of the same range is known by, as `sha256sum` writes it. Reads all of it, so it takes as long as the download. */
        get: operations["readDownloadHash"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{id}/restart": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Restarts a camera: it is away for a minute or two. */
        post: operations["restartCamera"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{id}/snapshot.jpg": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One picture: of a recorded moment, or the newest. */
        get: operations["takeSnapshot"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{id}/stream-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The stream keys of a camera, oldest first, and where they serve. */
        get: operations["listStreamKeys"];
        put?: never;
        /** Makes a stream key of a camera. Its password is in this answer and nowhere else. */
        post: operations["makeStreamKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{id}/stream-keys/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revokes a stream key: what plays by it ends within a second. */
        delete: operations["revokeStreamKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{id}/switch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Switches a light, a siren or an output. */
        post: operations["switchCamera"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{id}/timeline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** When footage was kept, and why not where none was. */
        get: operations["readTimeline"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{id}/whep": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Starts a live view by WebRTC (WHEP): an SDP offer for its answer. The view ends by DELETE of its address. */
        post: operations["startView"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{id}/whep/{view}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Ends a live view of one's own. */
        delete: operations["endView"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{id}/would-go": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What of a camera's footage a change would delete, before it is made. */
        get: operations["readWouldGo"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cases": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The cases that the caller has. */
        get: operations["listCases"];
        put?: never;
        /** Begins to make a case. Its progress is in the answers of `GET /cases/{case}`. */
        post: operations["makeCase"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cases/{case}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How far a case is. */
        get: operations["readCase"];
        put?: never;
        post?: never;
        /** Cancels a case, or throws away one that was made. */
        delete: operations["endCase"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cases/{case}/case.zip": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A finished case as a zip. Serves byte ranges, so that a broken download goes on where it was. */
        get: operations["downloadCase"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/devices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A camera comes by its invitation. The same claim by the same key is answered again. */
        post: operations["claimDevice"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/devices/{device}/link": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A camera keeps a connection up, by which it is reached: HTTP/1.1 upgraded to `atipcam-link/1`. */
        get: operations["linkDevice"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/forecast": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How long the room for footage lasts at today's rate. */
        get: operations["readForecast"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/homes/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** By which clock a home lives, and what of it is private. */
        get: operations["readHome"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Changes by which clock a home lives. */
        patch: operations["editHome"];
        trace?: never;
    };
    "/api/v1/homes/{id}/access-history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who looked at the cameras of a home. */
        get: operations["readAccessHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/homes/{id}/privacy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Lets go of all cameras of a home, or ends that for each of them. */
        put: operations["switchHomePrivacy"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/locks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The locks of a home, or of all that the caller is of. */
        get: operations["listLocks"];
        put?: never;
        /** Locks footage: it stays whatever the quota says, until it is unlocked. */
        post: operations["lockFootage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/locks/{lock}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Unlocks footage: what is past its time goes. */
        delete: operations["unlockFootage"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/log/checkpoint": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The newest checkpoint of the log (C2SP tlog-checkpoint, a signed note). Keep it: a log that was changed later cannot prove that
         *     it grew from it.
         */
        get: operations["readCheckpoint"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/log/consistency": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The proof (RFC 9162 section 2.1.4) that the log of size `to` begins with that of size `from`: a base64 hash a line. */
        get: operations["readConsistency"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document. */
        get: operations["readOpenApi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/policy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The policy, in all its languages. */
        get: operations["readPolicy"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/policy/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every version that was in force, and what each changed. */
        get: operations["readPolicyHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/policy/page": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The policy as a page in one language: parts and clauses with their proofs, recipients, purposes, categories, rights, and how
         *     contradictions of the older terms were settled.
         */
        get: operations["readPolicyPage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/privacy/consents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One's own consents. */
        get: operations["listConsents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/privacy/consents/{purpose}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Gives, refuses or withdraws one. A withdrawal cuts what runs by it within a second. */
        put: operations["decideConsent"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/privacy/data": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What is kept about oneself, where, and how long. */
        get: operations["readStoredData"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/privacy/disclosures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What went to third parties, or was refused to them. */
        get: operations["listDisclosures"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/privacy/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Events of the log about oneself. */
        get: operations["listEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/privacy/receipts/{event}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The receipt of an event: `atipcam verify receipt` checks it without this server. */
        get: operations["readReceipt"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/server": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The server, and whether it waits for its owner. */
        get: operations["readServer"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who one is. Prolongs the cookie. */
        get: operations["readSession"];
        put?: never;
        /** Signs in. */
        post: operations["signIn"];
        /** Signs out. What runs in the session's name ends within a second. */
        delete: operations["signOut"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/setup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Creates the owner and signs in. */
        post: operations["setUp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/state": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What happens, as server-sent events, one stream a browser: `cameras` and a `camera` each at first, then `camera`,
         *     `camera_added`, `camera_changed`, `camera_removed`, `storage`, and at last `session_ended`. With a `Last-Event-ID` that is not
         *     too old only what happened since.
         */
        get: operations["followState"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/storage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How much room footage takes and how long it lasts. */
        get: operations["readStorage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description Somebody looked. */
        Access: {
            /** Format: date-time */
            at: string;
            /** Format: uuid */
            camera_id: string;
            /** @description Absent where the camera is gone. */
            camera_name?: string | null;
            /** @description `live`, `stream` (live, by other software), `playback`, `download` or `snapshot`. */
            how: string;
            /** @description What the stream key is called that other software showed; absent where it was revoked. */
            key_name?: string | null;
            /** Format: date-time */
            until: string;
            who: components["schemas"]["Who"];
        };
        /** @description Who looked at the cameras of a home, newest first. */
        Accesses: {
            accesses: components["schemas"]["Access"][];
            /** Format: int64 */
            next?: number | null;
        };
        /** @description A person's own account. */
        Account: {
            agreed: components["schemas"]["Agreement"];
            email: string;
            homes: components["schemas"]["HomeRole"][];
            /** Format: uuid */
            subject_id: string;
        };
        /** @description What becomes of it when the account is cancelled. */
        AfterCancel: {
            text: components["schemas"]["BTreeMap"];
            /** @description `goes` or `stays`. */
            then: string;
        };
        /** @description An agreement to the policy. */
        Agree: {
            /** @description The person declares to be of age. */
            adult: boolean;
            /** @description The language in which it was read (BCP 47). */
            language?: string | null;
            /** @description The version that the person read. */
            policy_version: string;
        };
        /** @description What one agreed to. */
        Agreement: {
            /** @description One declared to be of age. */
            adult: boolean;
            /** @description The strongest change since: `silent`, `posted`, `prominent` or `express`. */
            class?: string | null;
            /** @description `current`; `older`, which still holds; or `none`: nothing but the policy and one's privacy centre is served. */
            state: string;
            /** @description The newest version that one agreed to. */
            version?: string | null;
        };
        /** @description Where a head shall look. */
        Aim: {
            preset: string;
            /** @enum {string} */
            to: "preset";
        } | {
            /** @enum {string} */
            to: "home";
        } | {
            /** @enum {string} */
            to: "point";
            /** Format: float */
            x: number;
            /** Format: float */
            y: number;
        };
        BTreeMap: {
            [key: string]: string;
        };
        /** @description A camera and how it is. */
        Camera: {
            /** @enum {string} */
            audio: "off" | "live" | "recorded";
            /** Format: date-time */
            created_at: string;
            /**
             * Format: date-time
             * @description When it was removed and its footage kept. Such a camera is in no list but its own.
             */
            gone_at?: string | null;
            /** @description Whether a password is kept. It never leaves. */
            has_password: boolean;
            /** Format: uuid */
            home_id: string;
            /** Format: uuid */
            id: string;
            link?: components["schemas"]["Link"] | null;
            /** @description URL of the main stream, without what is secret in it. */
            main_address: string;
            /** @description What people call it. */
            name: string;
            /** @description Whether its ONVIF address is known, by which it may be moved. */
            onvif: boolean;
            /** @description Whether the owner wants footage kept. */
            recording: boolean;
            state: components["schemas"]["CameraState"];
            /** @description URL of the sub stream, likewise. */
            sub_address?: string | null;
            /** @description User name on the camera. */
            username?: string | null;
        };
        /** @description How a camera's clock stands. */
        CameraClock: {
            /**
             * Format: int64
             * @description Seconds by which it is ahead of the server's; negative: behind.
             */
            clock_off_s: number;
        };
        /** @description `camera`: how a camera is now. */
        CameraEvent: {
            /** Format: uuid */
            id: string;
            state: components["schemas"]["CameraState"];
        };
        /** @description What happened in front of a camera. */
        CameraEvents: {
            /** @description By start; the newest 10,000. */
            events: components["schemas"]["Mark"][];
        };
        /** @description A camera's share. */
        CameraForecast: {
            /**
             * Format: int64
             * @description Bytes that it makes a day; absent where it is too new to say.
             */
            bytes_per_day?: number | null;
            /** Format: uuid */
            camera_id: string;
            /** Format: date-time */
            oldest_at?: string | null;
            /**
             * Format: int64
             * @description Bytes that its footage takes.
             */
            used_bytes: number;
        };
        /** @description What is wrong with a camera. */
        CameraProblem: {
            /** @description The stable code that the app has words for. */
            code: string;
            /** @description A sentence for people who look closer. */
            detail: string;
        };
        /** @description How a camera is. */
        CameraState: {
            events_problem?: components["schemas"]["CameraProblem"] | null;
            /** @description What the camera kept while it could not be reached is being fetched. */
            fetching?: boolean;
            main?: components["schemas"]["StreamState"] | null;
            /**
             * Format: date-time
             * @description When privacy ends by itself.
             */
            private_until?: string | null;
            problem?: components["schemas"]["CameraProblem"] | null;
            /** @enum {string} */
            recording: "on" | "off" | "waiting" | "armed" | "failed";
            recording_problem?: components["schemas"]["CameraProblem"] | null;
            /**
             * Format: date-time
             * @description Since when it is so.
             */
            since: string;
            /** @enum {string} */
            status: "connecting" | "online" | "offline" | "private";
            /**
             * Format: date-time
             * @description When the newest still picture was taken.
             */
            still_at?: string | null;
            sub?: components["schemas"]["StreamState"] | null;
        };
        /** @description Cameras of one's homes. */
        Cameras: {
            cameras: components["schemas"]["Camera"][];
        };
        /** @description What cancelling an account takes. */
        Cancel: {
            /** Format: password */
            password: string;
        };
        /** @description Footage of several cameras as one zip that proves itself. */
        Case: {
            /**
             * Format: int64
             * @description Once it is ready: bytes of the zip.
             */
            bytes?: number | null;
            /**
             * Format: uuid
             * @description Of `camera_ids`, the one that is read now.
             */
            camera_id?: string | null;
            camera_ids: string[];
            /** Format: date-time */
            created_at: string;
            /** @description What is done now. */
            doing?: ("looking" | "reading" | "signing") | null;
            /** Format: date-time */
            from: string;
            /** Format: uuid */
            home_id: string;
            /** Format: uuid */
            id: string;
            /**
             * Format: int32
             * @description While it is made.
             */
            percent?: number | null;
            /** @description Where it could not be made: the code of the problem. */
            problem?: string | null;
            reason?: string | null;
            /**
             * @description How far a case is.
             * @enum {string}
             */
            state: "waiting" | "making" | "ready" | "failed";
            /** Format: date-time */
            to: string;
            /**
             * Format: date-time
             * @description Until when it can be downloaded.
             */
            until?: string | null;
        };
        /** @description The caller's cases, newest first. */
        Cases: {
            cases: components["schemas"]["Case"][];
            /** @description Of the key that signs them: what the page that checks a case shows too. */
            fingerprint: string;
        };
        /** @description One change. */
        Changed: {
            kind: string;
            /** @description Language to a sentence. */
            sentence: components["schemas"]["BTreeMap"];
        };
        /** @description Where one of them stands. */
        Consent: {
            /** Format: date-time */
            at?: string | null;
            /** @description Language to what saying yes or no changes. */
            effect: components["schemas"]["BTreeMap"];
            /** @description The event whose receipt proves it. */
            event_id?: string | null;
            /** @description Its function is built; else there is nothing to decide yet. */
            in_use: boolean;
            /** @description Language to its name. */
            name: components["schemas"]["BTreeMap"];
            /** @description The purpose's id. */
            purpose: string;
            sensitive: boolean;
            /** @description `none` (never asked: a no), `given`, `refused`, `withdrawn` or `expired`. */
            state: string;
            uses: components["schemas"]["Named"][];
            /** @description The policy's version when it was said. */
            version?: string | null;
        };
        /** @description The consents that a person may give. */
        Consents: {
            consents: components["schemas"]["Consent"][];
        };
        /** @description What a camera can do. What it does not offer is missing. */
        Controls: {
            /**
             * Format: int64
             * @description Seconds by which its clock is ahead of the server's; negative: behind.
             */
            clock_off_s?: number | null;
            /** @description Version of its firmware. */
            firmware?: string | null;
            head?: components["schemas"]["Head"] | null;
            imaging?: components["schemas"]["Imaging"] | null;
            /** @description Who made it. */
            make?: string | null;
            model?: string | null;
            /** @description Whether it was asked: without its ONVIF address nothing else is known. */
            onvif: boolean;
            /** @description Whether it can be restarted and have its clock set. */
            restart: boolean;
            /** @description What can be switched on and off. No camera says whether it is on. */
            switches: components["schemas"]["Switch"][];
        };
        /** @description What is kept about a person. */
        Data: {
            categories: components["schemas"]["Stored"][];
            homes: components["schemas"]["HomeAfter"][];
        };
        /** @description What a person says about a purpose. */
        Decide: {
            given: boolean;
            /** @description The language in which it was shown (BCP 47). */
            language?: string | null;
            /** @description The version of the policy that was shown. */
            policy_version: string;
        };
        /** @description Which device it is, and which camera it became. */
        Device: {
            /** Format: uuid */
            camera_id: string;
            /** @description 32 hexadecimal digits. */
            device_id: string;
        };
        /** @description A number in the camera's own range. */
        Dial: {
            /** Format: float */
            max: number;
            /** Format: float */
            min: number;
            /** Format: float */
            value: number;
        };
        /** @description Something that went, or was refused. */
        Disclosure: {
            /** Format: date-time */
            at: string;
            /** @description The event of the consent that allowed it. */
            consent?: string | null;
            fields: components["schemas"]["Named"][];
            id: string;
            /** @description `sent`, `failed` or `refused`; absent while it is under way. */
            outcome?: string | null;
            purpose: string;
            purpose_name: components["schemas"]["BTreeMap"];
            /** @description Why not. */
            reason?: string | null;
            recipient: string;
            recipient_name: components["schemas"]["BTreeMap"];
        };
        /** @description What went to whom, newest first. */
        Disclosures: {
            disclosures: components["schemas"]["Disclosure"][];
            /** Format: int64 */
            next?: number | null;
        };
        /** @description What to change (RFC 7396): an absent field stays as it is, `null` clears. */
        Edit: {
            /** @enum {string} */
            audio?: "off" | "live" | "recorded";
            /** Format: uri */
            main_url?: string | null;
            name?: string | null;
            /**
             * Format: uri
             * @description URL of the ONVIF device service. A main stream at another host clears it.
             */
            onvif_url?: string | null;
            /** Format: password */
            password?: string | null;
            /** @description Whether to keep footage. */
            recording?: boolean | null;
            /** Format: uri */
            sub_url?: string | null;
            username?: string | null;
        };
        /** @description An event of the log. */
        Event: {
            /** Format: date-time */
            at: string;
            id: string;
            kind: string;
            /**
             * Format: int64
             * @description Its number in the log.
             */
            leaf: number;
            payload: unknown;
            /**
             * Format: int64
             * @description Its number among the events about this person: none is missing.
             */
            seq: number;
        };
        /** @description Events about a person, newest first. */
        Events: {
            events: components["schemas"]["Event"][];
            /**
             * Format: int64
             * @description `before` of the next page.
             */
            next?: number | null;
        };
        /** @description An infrared filter. */
        Filter: {
            /**
             * @description `on` is for days (colours), `off` for nights (infrared), `auto` as the camera sees fit.
             * @enum {string}
             */
            mode: "on" | "off" | "auto";
            modes: ("on" | "off" | "auto")[];
        };
        /** @description How long the room for footage lasts. */
        Forecast: {
            /**
             * Format: int64
             * @description Bytes that all cameras make a day.
             */
            bytes_per_day: number;
            cameras: components["schemas"]["CameraForecast"][];
            /**
             * Format: double
             * @description Days of footage that it holds at today's rate; absent where nobody can say yet.
             */
            days?: number | null;
        };
        /** @description A camera that answered, as it describes itself. */
        Found: {
            /** @description Where it was heard from. */
            addresses: string[];
            /**
             * Format: uuid
             * @description Which camera of the home it is, where it was added already.
             */
            camera_id?: string | null;
            /** @description Its ONVIF endpoint reference: to be given with the camera when it is added. */
            endpoint?: string | null;
            /** @description The same for every line about it. */
            key: string;
            make?: string | null;
            model?: string | null;
            /** @description The name that it was given. */
            name?: string | null;
            /** @description Its ONVIF device service. */
            onvif_url?: string | null;
            /** @description Its RTSP server; the path may be missing. */
            rtsp_url?: string | null;
            /** @description Its serial number, where it tells one before it is asked. */
            serial?: string | null;
        };
        /** @description A stretch without footage. */
        Gap: {
            /**
             * @description Why nothing was kept: the camera was offline, recording was off, somebody asked for privacy, it is no longer kept, there was no time to
             *     take it, the disk did not take it, or nobody knows.
             * @enum {string}
             */
            cause: "offline" | "off" | "privacy" | "not_kept" | "quiet" | "lost" | "disk" | "unknown";
            /** Format: date-time */
            from: string;
            /** Format: date-time */
            to: string;
        };
        /** @description A camera that is gone, and what it left. */
        GoneCamera: {
            /**
             * Format: int64
             * @description Bytes of its footage.
             */
            bytes: number;
            /**
             * Format: date-time
             * @description When the oldest of it begins. Absent once all of it is past its time.
             */
            from?: string | null;
            /**
             * Format: date-time
             * @description When it was removed.
             */
            gone_at: string;
            /** Format: uuid */
            home_id: string;
            /** Format: uuid */
            id: string;
            /** @description Whether somebody locked some of it. */
            locked: boolean;
            /** @description What people called it. */
            name: string;
            /**
             * Format: date-time
             * @description When the newest of it ends.
             */
            until?: string | null;
        };
        /** @description Cameras that are gone, their footage kept. */
        GoneCameras: {
            cameras: components["schemas"]["GoneCamera"][];
        };
        /** @description What a head can do. */
        Head: {
            home: boolean;
            pan_tilt: boolean;
            /** @description It turns to a point of the picture. */
            point: boolean;
            /** @description The places that it remembers; absent: it remembers none. */
            presets?: components["schemas"]["Preset"][] | null;
            /**
             * Format: int32
             * @description How many it can remember.
             */
            presets_max?: number | null;
            zoom: boolean;
        };
        /** @description How well a camera is recorded. Rates and losses on the way are in its state. */
        Health: {
            /**
             * Format: date-time
             * @description When the home's day began.
             */
            day_from: string;
            /**
             * Format: date-time
             * @description How far its footage is safe on the disk.
             */
            durable_until?: string | null;
            /**
             * Format: int64
             * @description Gaps since then that nobody asked for.
             */
            gaps: number;
            /**
             * Format: double
             * @description How many seconds they are in all.
             */
            gaps_s: number;
            /**
             * Format: date-time
             * @description When the newest key picture was taken.
             */
            key_at?: string | null;
            /**
             * Format: int64
             * @description Pictures and sounds that the disk was too slow for, since the server began.
             */
            units_lost: number;
        };
        /** @description The versions that were in force, newest first. */
        History: {
            versions: components["schemas"]["Past"][];
        };
        /** @description A home. */
        Home: {
            privacy?: components["schemas"]["Privacy"] | null;
            /** @description Cameras that are private by themselves. */
            private: components["schemas"]["PrivateCamera"][];
            /** @description The time zone by which it lives, as in the IANA database. */
            zone: string;
        };
        /** @description A home, and what cancelling the account would do to it. */
        HomeAfter: {
            /** Format: int64 */
            cameras: number;
            /** @description It has no other owner, so it ends with the account. */
            ends: boolean;
            /** Format: uuid */
            id: string;
            /** @enum {string} */
            role: "member" | "owner";
        };
        /** @description What to change. */
        HomeEdit: {
            /** @description Such as `Asia/Shanghai`. */
            zone: string;
        };
        /** @description A home and what one is in it. */
        HomeRole: {
            /** Format: uuid */
            id: string;
            /** @enum {string} */
            role: "member" | "owner";
        };
        /** @description How a picture looks, and how it can. */
        Imaging: {
            brightness?: components["schemas"]["Dial"] | null;
            contrast?: components["schemas"]["Dial"] | null;
            ir_cut?: components["schemas"]["Filter"] | null;
            saturation?: components["schemas"]["Dial"] | null;
            sharpness?: components["schemas"]["Dial"] | null;
        };
        /** @description What the camera must be told: whom to call, by what it knows that server, and what it shows there, once. */
        Invitation: {
            /** @description SHA-256 of a certificate in the chain that the server shows, in base64url. */
            certificate: string;
            /** @description The claim token: 16 bytes in base64url. In this answer and nowhere else. */
            claim: string;
            /** Format: date-time */
            expires: string;
            /** Format: uuid */
            id: string;
            /** @description `https://HOST[:PORT]`, by which this page came. */
            server: string;
        };
        /** @description How far an invitation is. */
        InvitationState: {
            /**
             * Format: uuid
             * @description The camera that came by it.
             */
            camera_id?: string | null;
            /** @enum {string} */
            state: "waiting" | "claimed" | "expired";
        };
        /** @description How long and how much of a camera's footage is kept. Where nothing is set, the server's own limits hold; they hold besides, too. */
        Keep: {
            /** @description What is recorded all the time. */
            continuous?: components["schemas"]["KeepLimits"];
            /** @description What is recorded because something happened. */
            event?: components["schemas"]["KeepLimits"];
        };
        /** @description Limits of one class of footage. */
        KeepLimits: {
            /**
             * Format: int64
             * @description Bytes that it may take.
             */
            bytes?: number | null;
            /**
             * Format: int32
             * @description Days that it is kept at most.
             */
            days?: number | null;
        };
        /** @description Whether a camera that calls in by itself has done so. */
        Link: {
            /**
             * Format: date-time
             * @description Since when it is so, as far as this server's process knows.
             */
            since: string;
            /** @enum {string} */
            state: "up" | "down";
        };
        /** @description Footage that stays until somebody unlocks it. */
        Lock: {
            /** @description Whether who asks has set it. */
            by_you: boolean;
            camera_ids: string[];
            /** Format: date-time */
            created_at: string;
            /**
             * Format: date-time
             * @description When it ends by itself.
             */
            expires_at?: string | null;
            /** Format: date-time */
            from: string;
            /** Format: uuid */
            home_id: string;
            /** Format: uuid */
            id: string;
            reason: string;
            /** Format: date-time */
            to: string;
        };
        /** @description Locks, newest first. */
        Locks: {
            locks: components["schemas"]["Lock"][];
        };
        /** @description What of a picture's look to set; the rest stays. Numbers are in the camera's own ranges. */
        Look: {
            /** Format: float */
            brightness?: number | null;
            /** Format: float */
            contrast?: number | null;
            ir_cut?: ("on" | "off" | "auto") | null;
            /** Format: float */
            saturation?: number | null;
            /** Format: float */
            sharpness?: number | null;
        };
        /** @description A key that was just made, and its password, this once. */
        MadeStreamKey: {
            password: string;
            stream_key: components["schemas"]["StreamKey"];
        };
        /** @description Something that happened in front of a camera. */
        Mark: {
            /** Format: date-time */
            from: string;
            /** @description `motion`, `object`, `input`, `doorbell` or `tamper`. */
            kind: string;
            /**
             * Format: date-time
             * @description Absent while it goes on.
             */
            to?: string | null;
        };
        /** @description A category and what people call it. */
        Named: {
            category: string;
            /** @description Language to name. */
            name: components["schemas"]["BTreeMap"];
        };
        /** @description A camera to add. */
        New: {
            /** @enum {string} */
            audio?: "off" | "live" | "recorded";
            /** @description Its ONVIF endpoint reference, as a search told it: by it the next search knows it again. */
            endpoint?: string | null;
            /**
             * Format: uuid
             * @description Which home, for somebody who has several.
             */
            home_id?: string | null;
            /**
             * Format: uri
             * @description rtsp or rtsps URL of the main stream.
             */
            main_url: string;
            /** @description What people call it: 1 to 64 characters. */
            name: string;
            /**
             * Format: uri
             * @description http URL of the camera's ONVIF device service, at the host of `main_url`.
             */
            onvif_url?: string | null;
            /**
             * Format: password
             * @description Password on the camera. Kept sealed, never returned.
             */
            password?: string | null;
            /** @description Its serial number, likewise. */
            serial?: string | null;
            /**
             * Format: uri
             * @description URL of the sub stream: the small picture for grids and thin lines.
             */
            sub_url?: string | null;
            /** @description User name on the camera. */
            username?: string | null;
        };
        /** @description A case to make. */
        NewCase: {
            /** @description 1 to 16 cameras of it. */
            camera_ids: string[];
            /** Format: date-time */
            from: string;
            /**
             * Format: uuid
             * @description The home, where who asks is of several.
             */
            home_id?: string | null;
            /** @description Why: up to 300 characters. It stands in the case. */
            reason?: string | null;
            /** Format: date-time */
            to: string;
        };
        /** @description A camera that was invited. */
        NewDevice: {
            /** @description The invitation's token: 16 bytes in base64url. */
            claim: string;
            /** @description Its Ed25519 public key: 32 bytes in base64url. */
            key: string;
            /** @description Path of its main stream. */
            main_path: string;
            /** @description Not kept. */
            model: string;
            /** @description What it calls itself. */
            name: string;
            /** @description Path of its ONVIF device service. */
            onvif_path?: string | null;
            /**
             * Format: password
             * @description For its streams. Kept sealed, never returned.
             */
            password: string;
            /** @description Not kept. */
            serial: string;
            /** @description By that key, over `atipcam claim v1`, a zero byte, the token and the certificate's SHA-256: 64 bytes in base64url. */
            signature: string;
            /** @description Path of its sub stream. */
            sub_path?: string | null;
            /** @description For its streams. */
            username: string;
        };
        /** @description A camera to invite. */
        NewInvitation: {
            /**
             * Format: uuid
             * @description Which home, for somebody who has several.
             */
            home_id?: string | null;
            /** @description What it will be called: 1 to 64 characters. Without, as it calls itself. */
            name?: string | null;
        };
        /** @description What to lock. */
        NewLock: {
            camera_ids: string[];
            /**
             * Format: date-time
             * @description When it ends by itself; never where absent.
             */
            expires_at?: string | null;
            /** Format: date-time */
            from: string;
            /**
             * Format: uuid
             * @description The home, where who asks is of several.
             */
            home_id?: string | null;
            /** @description Why: 1 to 300 characters. */
            reason: string;
            /** Format: date-time */
            to: string;
        };
        /** @description A camera to pair. */
        NewPairing: {
            /**
             * Format: password
             * @description What the code on its label says: `atipcam:label?…`. Not kept.
             */
            code: string;
            /**
             * Format: uuid
             * @description Which home, for somebody who has several.
             */
            home_id?: string | null;
            /** @description What it will be called: 1 to 64 characters. Without, as it calls itself. */
            name?: string | null;
        };
        /** @description A place to remember. */
        NewPreset: {
            /** @description What people call it: 1 to 64 characters. */
            name: string;
        };
        /** @description A key to make. */
        NewStreamKey: {
            /** @description What the other software is called: 1 to 64 characters. */
            name: string;
        };
        /** @description What a camera offers. */
        Offer: {
            /** @description The place of the best main stream among them. */
            main: number;
            make?: string | null;
            model?: string | null;
            /** @description Whether the camera says that it can be moved. */
            moves: boolean;
            /** @description The largest picture first. */
            streams: components["schemas"]["OfferedStream"][];
            /** @description The place of the best sub stream. */
            sub?: number | null;
        };
        /** @description A stream as the camera describes it. */
        OfferedStream: {
            /** @description `h264`, `h265`, or what else the camera says. */
            codec: string;
            /** Format: float */
            fps?: number | null;
            /**
             * Format: float
             * @description Seconds between key pictures.
             */
            gop_s?: number | null;
            /** Format: int32 */
            height: number;
            name?: string | null;
            /** @description Without user name and password. */
            url: string;
            /** @description Codes of what could work better. */
            warnings: string[];
            /** Format: int32 */
            width: number;
        };
        /** @description A step of a pairing. */
        PairStep: {
            /**
             * Format: uuid
             * @description The camera that it became, with `connect`.
             */
            camera_id?: string | null;
            /** @description Why it failed. */
            code?: string | null;
            /** @description A sentence for people who look closer. */
            detail?: string | null;
            /** @enum {string} */
            state: "running" | "ok" | "failed";
            /** @description `find`, `prove`, `invite`; `connect` is the last. */
            step: string;
        };
        /** @description A version, and what it changed. */
        Past: {
            changes: components["schemas"]["Changed"][];
            /** @description What people were told: `silent`, `posted`, `prominent`, or `express` consent. */
            class: string;
            hash: string;
            /** Format: date */
            updated: string;
            version: string;
        };
        /** @description How a camera is recorded. */
        Plan: {
            /**
             * @description When a camera is recorded.
             * @enum {string}
             */
            mode: "continuous" | "events" | "schedule" | "off";
            /**
             * Format: int64
             * @description Seconds after it.
             */
            post_s: number;
            /**
             * Format: int64
             * @description Seconds before an event that are kept with it.
             */
            pre_s: number;
            /** @description 168 letters, an hour each from Monday's first on, by the home's clock: `c` always, `e` around events, `-` never. */
            week: string;
            /** @description The home's time zone. */
            zone: string;
        };
        /** @description What to change; an absent field stays as it is. */
        PlanEdit: {
            mode?: ("continuous" | "events" | "schedule" | "off") | null;
            /**
             * Format: int64
             * @description At most 300.
             */
            post_s?: number | null;
            /**
             * Format: int64
             * @description At most 15.
             */
            pre_s?: number | null;
            week?: string | null;
        };
        /** @description By which way a browser may play a stream. */
        Playable: {
            mse: boolean;
            webrtc: boolean;
        };
        /** @description The policy that people read and agree to. */
        Policy: {
            /** @description How to reach them. */
            contact: string;
            /** @description The language whose text decides. */
            governing?: string | null;
            /** @description The hash of its canonical form. */
            hash: string;
            /** @description Who runs this server, where they say so. */
            operator: string;
            /** @description Where the server stands. */
            region: string;
            /** @description Language tag (BCP 47) to text (Markdown). */
            texts: {
                [key: string]: string;
            };
            /**
             * Format: date
             * @description The day of its last change.
             */
            updated: string;
            /** @description What an agreement names. */
            version: string;
        };
        /** @description A place that a camera remembers. */
        Preset: {
            /** @description What people call it. */
            name?: string | null;
            /** @description The camera's word for it. */
            token: string;
        };
        /** @description Since when nobody sees something, and until when. */
        Privacy: {
            /** Format: date-time */
            since: string;
            /**
             * Format: date-time
             * @description Absent: until somebody ends it.
             */
            until?: string | null;
        };
        /** @description Privacy on or off. */
        PrivacySwitch: {
            on: boolean;
            /**
             * Format: date-time
             * @description When it ends by itself; absent: when somebody ends it.
             */
            until?: string | null;
        };
        /** @description A camera that is private by itself. */
        PrivateCamera: {
            /** Format: date-time */
            since: string;
            /**
             * Format: date-time
             * @description Absent: until somebody ends it.
             */
            until?: string | null;
        } & {
            /** Format: uuid */
            camera_id: string;
        };
        /** @description The body of a problem. */
        Problem: {
            /** @description The stable code that the app has words for. */
            code: string;
            /** @description A sentence for people who look closer. */
            detail: string;
            /** @description The field of the request that is wrong, where it is one. */
            field?: string | null;
            /** @description The purpose that wants a consent, where that is what is missing. */
            purpose?: string | null;
            /** @description The id under which the server's log knows this request. */
            request_id: string;
            /**
             * Format: int32
             * @description The HTTP status.
             */
            status: number;
            /** @description The status in words. */
            title: string;
            /** @description `urn:atipcam:problem:` and the code. */
            type: string;
        };
        /** @description Where other software finds a camera, on the host that the app is reached by. */
        Rtsp: {
            /** @description Of the main stream; with `/sub` behind it, of the small picture. */
            path: string;
            /** Format: int32 */
            port: number;
            /** @description `rtsp`, or `rtsps` where what leaves the machine is encrypted. */
            scheme: string;
        };
        /** @description Where to look. */
        Search: {
            /**
             * Format: uuid
             * @description Which home, for somebody who has several.
             */
            home_id?: string | null;
            /**
             * @description A local IPv4 range of at most 1024 addresses to ask one by one as well, where multicasts do not reach:
             *     `192.168.3.0/24`, `192.168.3.10-192.168.3.20` or one address.
             */
            sweep?: string | null;
        };
        /** @description What a search tells, a line each. */
        SearchLine: {
            /** @description The camera. */
            camera: components["schemas"]["Found"];
            /** @enum {string} */
            event: "found";
        } | {
            /** @enum {string} */
            event: "gone";
            /** @description Whose row goes. */
            key: string;
        } | {
            /** @enum {string} */
            event: "ended";
        };
        /** @description What one may know of the server without signing in. */
        Server: {
            network: ("loopback" | "lan") & Record<string, never>;
            /** @description The version of the policy in force. */
            policy_version: string;
            /** @description First run must show the code that the server printed. */
            setup_code_needed: boolean;
            /** @description Nobody has an account yet: first run. */
            setup_needed: boolean;
            /** @description The server's version. */
            version: string;
        };
        /** @description The session that asks. */
        Session: {
            account: components["schemas"]["Account"];
            /**
             * Format: date-time
             * @description When it ends unless used.
             */
            expires_at: string;
        };
        /** @description First run: the owner's account. */
        SetUp: {
            /** @description The person declares to be of age. */
            adult: boolean;
            /** @description The code that the server printed, where `setup_code_needed`. */
            code?: string | null;
            /** @description E-mail address, by which one signs in. */
            email: string;
            /** @description The language in which the policy was read (BCP 47). */
            language?: string | null;
            /**
             * Format: password
             * @description Password, 10 characters or more.
             */
            password: string;
            /** @description The version of the policy that the person read and agrees to. */
            policy_version: string;
        };
        /** @description Who signs in. */
        SignIn: {
            /** @description E-mail address. */
            email: string;
            /**
             * Format: password
             * @description Password.
             */
            password: string;
        };
        /** @description A new session. */
        SignedIn: {
            account: components["schemas"]["Account"];
            /**
             * Format: date-time
             * @description When the session ends unless used.
             */
            expires_at: string;
            /** @description For tools: `Authorization: Bearer <token>`. Browsers have it in a cookie that scripts cannot read. */
            token: string;
        };
        /** @description A stretch of footage. */
        Span: {
            /** Format: date-time */
            from: string;
            /** Format: date-time */
            to: string;
        };
        /** @description How much room footage takes and how long it lasts. */
        Storage: {
            /**
             * Format: double
             * @description Days that the quota holds if recording goes on as so far.
             */
            days_at_this_rate?: number | null;
            /**
             * Format: int64
             * @description Bytes free on the filesystems.
             */
            free_bytes: number;
            /**
             * Format: date-time
             * @description When the oldest footage begins.
             */
            oldest_at?: string | null;
            /**
             * Format: int64
             * @description Bytes that footage may take.
             */
            quota_bytes: number;
            /** @description Each place of footage, in the order in which they fill. */
            storages: components["schemas"]["StoragePlace"][];
            /**
             * Format: int64
             * @description Bytes that it takes.
             */
            used_bytes: number;
        };
        /** @description One place of footage: the data folder's own, or a further one. */
        StoragePlace: {
            /**
             * Format: int64
             * @description Bytes free on the filesystem.
             */
            free_bytes: number;
            /**
             * @description How a place of footage is: it takes footage, has no room, fails, cannot be written, takes seconds to write, is not there.
             * @enum {string}
             */
            health: "ok" | "full" | "failing" | "read_only" | "slow" | "missing";
            /**
             * Format: uuid
             * @description Absent for the data folder's own.
             */
            id?: string | null;
            /** @description The folder's own name. */
            name: string;
            /**
             * Format: int64
             * @description Bytes that footage may take there.
             */
            quota_bytes: number;
            /**
             * Format: date-time
             * @description Since when it is so.
             */
            since: string;
            /**
             * Format: int64
             * @description Bytes that it takes.
             */
            used_bytes: number;
        };
        /** @description How much of one category. */
        Stored: {
            after_cancel: components["schemas"]["AfterCancel"];
            /** Format: int64 */
            bytes?: number | null;
            /** Format: int64 */
            count: number;
            id: string;
            name: components["schemas"]["BTreeMap"];
            /** @description Language to how long. */
            retention: components["schemas"]["BTreeMap"];
            /** @description Language to where it lies, and under which key. */
            where: components["schemas"]["BTreeMap"];
        };
        /** @description A key by which other software plays one camera. */
        StreamKey: {
            /** Format: date-time */
            created_at: string;
            /** Format: uuid */
            id: string;
            /**
             * Format: date-time
             * @description When a view by it last began; absent while none has.
             */
            last_used_at?: string | null;
            /**
             * Format: uuid
             * @description Who made it.
             */
            made_by: string;
            name: string;
            /** @description The user name that the other software shows. */
            username: string;
        };
        /** @description The stream keys of a camera. */
        StreamKeys: {
            rtsp?: components["schemas"]["Rtsp"] | null;
            stream_keys: components["schemas"]["StreamKey"][];
        };
        /** @description What one stream carries, measured. */
        StreamState: {
            /** @description `aac`, `pcmu` or `pcma`. */
            audio?: string | null;
            /** @description By which way the sound is heard: `webrtc`, `mse`, `both` or `none`. */
            audio_in: string;
            /** Format: int64 */
            bitrate_bps?: number | null;
            /** @description `h264` or `h265`. */
            codec: string;
            /**
             * Format: float
             * @description Pictures a second.
             */
            fps?: number | null;
            /**
             * Format: float
             * @description Seconds between the last two key pictures.
             */
            gop_s?: number | null;
            /** Format: int32 */
            height: number;
            /** @description Key pictures are so far apart that a new viewer waits for the next one. */
            long_gop: boolean;
            /**
             * Format: float
             * @description Packets lost between camera and server.
             */
            loss_percent?: number | null;
            playable: components["schemas"]["Playable"];
            /** Format: int32 */
            width: number;
        };
        /** @description Something to switch. */
        Switch: {
            /**
             * @description `output` is a relay: what hangs on it only people know.
             * @enum {string}
             */
            kind: "light" | "infrared" | "siren" | "wiper" | "output" | "other";
            /** @description The camera's own word for it. */
            name: string;
            /** @description What it is switched by. */
            token: string;
        };
        /** @description What to switch. */
        Switched: {
            on: boolean;
            token: string;
        };
        /** @description A camera to try. */
        Target: {
            /**
             * Format: uuid
             * @description Which home, for somebody who has several.
             */
            home_id?: string | null;
            /**
             * Format: uri
             * @description rtsp or rtsps URL of the main stream. Without it the camera is asked at `onvif_url`.
             */
            main_url?: string | null;
            /**
             * Format: uri
             * @description http URL of the camera's ONVIF device service: without `main_url` it says which streams there are.
             */
            onvif_url?: string | null;
            /**
             * Format: password
             * @description Password on the camera. Not kept.
             */
            password?: string | null;
            /**
             * Format: uri
             * @description URL of the sub stream.
             */
            sub_url?: string | null;
            /** @description User name on the camera. */
            username?: string | null;
        };
        /** @description A step of a camera test. */
        TestStep: {
            main?: components["schemas"]["StreamState"] | null;
            /**
             * Format: int64
             * @description How long it took.
             */
            ms?: number | null;
            offer?: components["schemas"]["Offer"] | null;
            /** @description A real picture, as a `data:` URL of a JPEG. */
            picture?: string | null;
            problem?: components["schemas"]["CameraProblem"] | null;
            /**
             * @description How far a step is.
             * @enum {string}
             */
            state: "running" | "ok" | "failed";
            /**
             * @description `address`, `connect`, `sign_in`, `describe`, `picture`, `sub`; by ONVIF `reach`, `sign_in`, `profiles`, `stream`,
             *     `picture`, `sub`; `done` is the last.
             */
            step: string;
            sub?: components["schemas"]["StreamState"] | null;
            /** @description Codes of what works, and could work better. */
            warnings?: string[];
        };
        /** @description What was kept of a camera within a range. */
        Timeline: {
            /** @description What of the footage was fetched from the camera after it could be reached again, in order. */
            fetched: components["schemas"]["Span"][];
            /** Format: date-time */
            from: string;
            /** @description What lies between, with its cause. */
            gaps: components["schemas"]["Gap"][];
            /** @description The last span is still growing. */
            open: boolean;
            /** @description Footage, in order, apart from each other. */
            spans: components["schemas"]["Span"][];
            /** Format: date-time */
            to: string;
        };
        /** @description Who. */
        Who: {
            /** @description Absent where the person is no longer of the home. */
            email?: string | null;
            /** Format: uuid */
            subject_id: string;
            you: boolean;
        };
        /** @description What a change would delete. */
        WouldGo: {
            /** Format: int64 */
            bytes: number;
            /**
             * Format: date-time
             * @description When the oldest of it begins.
             */
            from?: string | null;
            /**
             * Format: double
             * @description Seconds of footage.
             */
            seconds: number;
            /**
             * Format: date-time
             * @description When the newest of it ends.
             */
            until?: string | null;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    cancelAccount: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Cancel"];
            };
        };
        responses: {
            /** @description Cancelled */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    agree: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Agree"];
            };
        };
        responses: {
            /** @description Noted, with a receipt in the log */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    disagree: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Noted, with a receipt in the log */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listCameras: {
        parameters: {
            query?: {
                /** @description Only this home */
                home_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cameras"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    addCamera: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["New"];
            };
        };
        responses: {
            201: {
                headers: {
                    /** @description The camera's address */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Camera"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listGoneCameras: {
        parameters: {
            query?: {
                /** @description Only this home */
                home_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GoneCameras"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    inviteCamera: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewInvitation"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Invitation"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readInvitation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InvitationState"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    withdrawInvitation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Withdrawn */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pairCamera: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewPairing"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": components["schemas"]["PairStep"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    searchCameras: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Search"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": components["schemas"]["SearchLine"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    testCamera: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Target"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": components["schemas"]["TestStep"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readCamera: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Camera"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeCamera: {
        parameters: {
            query: {
                /** @description What becomes of its footage */
                footage: "keep" | "erase";
                /** @description Locked footage of it may be erased too */
                even_locked?: boolean;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Removed */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    editCamera: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Edit"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Camera"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    aimCamera: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Aim"];
            };
        };
        responses: {
            /** @description It turns */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    setCameraClock: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CameraClock"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readControls: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Controls"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listCameraEvents: {
        parameters: {
            query: {
                from: string;
                to: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CameraEvents"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readHealth: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    setImaging: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Look"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Imaging"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readKeep: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Keep"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    setKeep: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Keep"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Keep"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    watchLive: {
        parameters: {
            query?: {
                stream?: "auto" | "main" | "sub";
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The view runs */
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    moveCamera: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The camera listens */
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readPlan: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plan"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    editPlan: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PlanEdit"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plan"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readPlaylist: {
        parameters: {
            query: {
                from: string;
                to: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.apple.mpegurl": string;
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readPart: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                segment: string;
                /** @description `init.mp4` or `{first}-{last}.m4s` */
                part: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/mp4": unknown;
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    savePreset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewPreset"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Preset"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removePreset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                preset: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Forgotten */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    switchPrivacy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PrivacySwitch"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Camera"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    download: {
        parameters: {
            query: {
                from: string;
                to: string;
            };
            header?: {
                Range?: string | null;
                "If-Range"?: string | null;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The whole file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/mp4": unknown;
                };
            };
            /** @description The bytes that were asked for */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/mp4": unknown;
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readDownloadHash: {
        parameters: {
            query: {
                from: string;
                to: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    restartCamera: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It starts anew */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    takeSnapshot: {
        parameters: {
            query?: {
                /** @description The moment; the newest picture without it */
                at?: string;
                /** @description Pixels across at most */
                width?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    /** @description When the picture was taken, RFC 3339 */
                    "X-Picture-Time"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": unknown;
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listStreamKeys: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StreamKeys"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    makeStreamKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewStreamKey"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MadeStreamKey"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    revokeStreamKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Revoked */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    switchCamera: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Switched"];
            };
        };
        responses: {
            /** @description Switched */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readTimeline: {
        parameters: {
            query: {
                from: string;
                to: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Timeline"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    startView: {
        parameters: {
            query?: {
                stream?: "auto" | "main" | "sub";
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/sdp": string;
            };
        };
        responses: {
            201: {
                headers: {
                    /** @description The view's address */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/sdp": string;
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    endView: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                view: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ended */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readWouldGo: {
        parameters: {
            query?: {
                /** @description Less room for it */
                quota_bytes?: number;
                /** @description Kept for fewer days */
                keep_days?: number;
                /** @description The camera is removed */
                remove?: boolean;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WouldGo"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listCases: {
        parameters: {
            query?: {
                home_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cases"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    makeCase: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewCase"];
            };
        };
        responses: {
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Case"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readCase: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                case: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Case"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    endCase: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                case: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is no more */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    downloadCase: {
        parameters: {
            query?: never;
            header?: {
                Range?: string | null;
                "If-Range"?: string | null;
            };
            path: {
                case: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The whole file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/zip": unknown;
                };
            };
            /** @description The bytes that were asked for */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/zip": unknown;
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    claimDevice: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewDevice"];
            };
        };
        responses: {
            /** @description It had come before */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Device"];
                };
            };
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Device"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    linkDevice: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description 32 hexadecimal digits */
                device: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The link, once the device has proven itself */
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readForecast: {
        parameters: {
            query?: {
                /** @description Which home, for somebody who has several */
                home_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Forecast"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readHome: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Home"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    editHome: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["HomeEdit"];
            };
        };
        responses: {
            /** @description Changed */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readAccessHistory: {
        parameters: {
            query?: {
                before?: number;
                limit?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accesses"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    switchHomePrivacy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PrivacySwitch"];
            };
        };
        responses: {
            /** @description Switched */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listLocks: {
        parameters: {
            query?: {
                home_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Locks"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    lockFootage: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewLock"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Lock"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    unlockFootage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                lock: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Unlocked */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readCheckpoint: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The checkpoint */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": unknown;
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readConsistency: {
        parameters: {
            query: {
                from: number;
                to: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The proof */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": unknown;
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readOpenApi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readPolicy: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Policy"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readPolicyHistory: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["History"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readPolicyPage: {
        parameters: {
            query?: {
                /** @description BCP 47; the governing language where it is absent or another */
                language?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listConsents: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Consents"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    decideConsent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                purpose: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Decide"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Consent"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readStoredData: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Data"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listDisclosures: {
        parameters: {
            query?: {
                before?: number;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Disclosures"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listEvents: {
        parameters: {
            query?: {
                /** @description What the kind begins with, as in `consent` */
                kind?: string;
                before?: number;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Events"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readReceipt: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                event: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The receipt */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": unknown;
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readServer: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Server"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    signIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignIn"];
            };
        };
        responses: {
            /** @description Signed in; the cookie is set */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignedIn"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    signOut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Signed out */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    setUp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SetUp"];
            };
        };
        responses: {
            /** @description The owner exists and is signed in; the cookie is set */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignedIn"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    followState: {
        parameters: {
            query?: never;
            header?: {
                /** @description Where one was */
                "Last-Event-ID"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["CameraEvent"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readStorage: {
        parameters: {
            query?: {
                /** @description Which home, for somebody who has several */
                home_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Storage"];
                };
            };
            /** @description A problem: what went wrong, for people and programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
