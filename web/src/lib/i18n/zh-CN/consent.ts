export default {
	'notice.policy': '隐私政策有重要改动。',
	'notice.policy.look': '看看改了什么',

	'asked.title': '需要您的同意',
	'asked.for': '用来做什么',
	'asked.uses': '会用到',
	'asked.without': '如果不同意',
	'asked.without.only': '只有这一项功能用不了，其他一切照旧。',
	'asked.sensitive': '其中有敏感的个人信息，所以单独征求您的同意。',
	'asked.version': '依据隐私政策版本 {version}。随时可以在隐私中心撤回。',
	'asked.agree': '同意',
	'asked.not_now': '暂不',
	'asked.given': '已记录您的同意',
	'asked.none': '这项用途现在不能同意，可能还没有启用。'
} as const;
