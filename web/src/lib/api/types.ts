/** What the server says and hears, in the words of its OpenAPI document. Times are RFC 3339 in UTC. */

export type Network = 'loopback' | 'lan';

export interface ServerInfo {
	version: string;
	setup_needed: boolean;
	setup_code_needed: boolean;
	network: Network;
	policy_version: string;
}

export interface PolicyDocument {
	version: string;
	updated: string;
	governing: string;
	draft: boolean;
	/** Markdown by language tag. */
	texts: Record<string, string>;
}

export type Role = 'owner' | 'member';

export interface Account {
	subject_id: string;
	email: string;
	homes: { id: string; role: Role }[];
}

export interface Session {
	expires_at: string;
	account: Account;
}

export interface SetUp {
	email: string;
	password: string;
	adult: boolean;
	policy_version: string;
	code?: string;
	language?: string;
}

/** Why something is not as it should be: a code that the app has words for, and a detail for experts. */
export interface Cause {
	code: string;
	detail?: string;
}

export type AudioMode = 'off' | 'live' | 'recorded';

export interface StreamState {
	codec: 'h264' | 'h265';
	width: number;
	height: number;
	fps?: number;
	bitrate_bps?: number;
	gop_s?: number;
	audio?: 'aac' | 'pcmu' | 'pcma';
	loss_percent?: number;
	/** The GOP does not fit into the server's ring: a new viewer waits for the next key picture. */
	long_gop: boolean;
	playable: { webrtc: boolean; mse: boolean };
	audio_in: 'webrtc' | 'mse' | 'none';
}

export interface CameraState {
	status: 'connecting' | 'online' | 'offline';
	since: string;
	problem?: Cause;
	main?: StreamState;
	sub?: StreamState;
	recording: 'on' | 'off' | 'waiting' | 'failed';
	recording_problem?: Cause;
	still_at?: string;
}

export interface Camera {
	id: string;
	home_id: string;
	name: string;
	main_address: string;
	sub_address?: string;
	username?: string;
	has_password: boolean;
	audio: AudioMode;
	recording: boolean;
	created_at: string;
	state: CameraState;
}

export interface ProbeTarget {
	main_url: string;
	sub_url?: string;
	username?: string;
	password?: string;
}

export interface NewCamera extends ProbeTarget {
	name: string;
	audio?: AudioMode;
	home_id?: string;
}

/** Fields left out stay as they are; `sub_url: null` takes the sub stream away. */
export interface CameraEdit {
	name?: string;
	main_url?: string;
	sub_url?: string | null;
	username?: string;
	password?: string;
	audio?: AudioMode;
	recording?: boolean;
}

export type ProbeStepName = 'address' | 'connect' | 'sign_in' | 'describe' | 'picture' | 'sub';

export interface ProbeLine {
	step: ProbeStepName | 'done';
	state: 'running' | 'ok' | 'failed' | 'skipped';
	ms?: number;
	problem?: Cause;
	main?: StreamState;
	sub?: StreamState;
	/** A data: URL of a JPEG. */
	picture?: string;
	warnings?: string[];
}

export interface Span {
	from: string;
	to: string;
}

export type GapCause = 'offline' | 'off' | 'not_kept' | 'unknown';

export interface TimelineAnswer {
	from: string;
	to: string;
	spans: Span[];
	gaps: (Span & { cause: GapCause })[];
	/** The newest span is still growing. */
	open: boolean;
}

export interface StorageReport {
	quota_bytes: number;
	used_bytes: number;
	free_bytes: number;
	oldest_at?: string;
	days_at_this_rate?: number;
}

export type StreamChoice = 'auto' | 'main' | 'sub';
