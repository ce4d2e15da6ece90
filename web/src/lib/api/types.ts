/** The shapes of the API as the app uses them, on top of the ones made from the server's OpenAPI document. */
import type { components } from './schema';

type Schemas = components['schemas'];

/** What the server sends: it leaves out what it does not know, and never says null. */
type Sent<T> = T extends readonly (infer Item)[]
	? Sent<Item>[]
	: T extends object
		? { [Key in keyof T]: Sent<Exclude<T[Key], null>> }
		: T;
/** Says more exactly what the document only calls a text. */
type Refined<T, Exact> = Omit<T, keyof Exact> & Exact;

export type ServerInfo = Refined<Sent<Schemas['Server']>, { network: 'loopback' | 'lan' }>;
export type PolicyDocument = Sent<Schemas['Policy']>;
/** How a person's agreement stands to the policy in force. */
export interface Agreed {
	/** `older`: a former version whose difference needs no express consent; everything goes on. */
	state: 'current' | 'older' | 'none';
	/** The version agreed to, and when. */
	version?: string;
	at?: string;
	/** What the versions since then ask for, the strongest of them. */
	class?: 'silent' | 'posted' | 'prominent' | 'express';
	/** The person has declared to be of age. */
	adult?: boolean;
}
export type Session = Refined<
	Sent<Schemas['Session']>,
	{ account: Refined<Sent<Schemas['Account']>, { agreed?: Agreed | undefined }> }
>;
export type StreamKeys = Sent<Schemas['StreamKeys']>;
export type StreamKey = Sent<Schemas['StreamKey']>;
export type MadeStreamKey = Sent<Schemas['MadeStreamKey']>;
export type GoneCamera = Sent<Schemas['GoneCamera']>;
export type StorageReport = Sent<Schemas['Storage']>;
export type StoragePlace = StorageReport['storages'][number];
export type Keep = Sent<Schemas['Keep']>;
export type KeepLimits = Sent<Schemas['KeepLimits']>;
export type TimelineAnswer = Sent<Schemas['Timeline']>;
export type GapCause = Schemas['Gap']['cause'];

export type StreamState = Refined<
	Sent<Schemas['StreamState']>,
	{
		codec: 'h264' | 'h265';
		audio?: 'aac' | 'pcmu' | 'pcma';
		/** By which transport its sound can be heard. */
		audio_in: 'webrtc' | 'mse' | 'both' | 'none';
	}
>;
export type CameraState = Refined<Sent<Schemas['CameraState']>, { main?: StreamState; sub?: StreamState }>;
export type Camera = Refined<Sent<Schemas['Camera']>, { state: CameraState }>;
export type AudioMode = Schemas['Camera']['audio'];

export type ProbeStepName =
	'address' | 'connect' | 'reach' | 'sign_in' | 'describe' | 'profiles' | 'stream' | 'picture' | 'sub';
export type Offer = Sent<Schemas['Offer']>;
export type OfferedStream = Sent<Schemas['OfferedStream']>;
/** A camera that answered a search. */
export type FoundCamera = Sent<Schemas['Found']>;
export type SearchLine = Sent<Schemas['SearchLine']>;
/** A line of a camera's test; the last one is about the whole. */
export type ProbeLine = Refined<
	Sent<Schemas['TestStep']>,
	{ step: ProbeStepName | 'done'; main?: StreamState; sub?: StreamState }
>;

/** What a camera can do besides showing. */
export type Controls = Sent<Schemas['Controls']>;
export type Preset = Sent<Schemas['Preset']>;
export type CameraSwitch = Controls['switches'][number];
export type Imaging = NonNullable<Controls['imaging']>;
export type ImagingEdit = Schemas['Look'];
export type Aim = Schemas['Aim'];

export type SetUp = Schemas['SetUp'];
export type ProbeTarget = Schemas['Target'];
export type NewCamera = Schemas['New'];
export type CameraEdit = Schemas['Edit'];

export type StreamChoice = 'auto' | 'main' | 'sub';

/** An invitation as the server makes it. */
export type Invited = Sent<Schemas['Invitation']>;
export type InvitationState = Sent<Schemas['InvitationState']>;
/** A step of a pairing, as it happens. */
export type PairLine = Refined<Sent<Schemas['PairStep']>, { step: PairStep }>;
export type PairStep = 'find' | 'prove' | 'invite' | 'connect';
