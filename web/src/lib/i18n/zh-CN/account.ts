export default {
	'account.title': '我的',
	'account.role.owner': '主人',
	'account.role.member': '成员',
	'account.sign_out': '退出登录',
	'account.preferences': '偏好',
	'account.storage': '录像空间',
	'account.storage.used': '已用 {used}，上限 {quota}',
	'account.storage.oldest': '最早的录像：{time}',
	'account.storage.days': '按现在的速度大约能保存 {days}',
	'account.storage.none': '还没有录像。',
	'account.cases': '锁定与证据包',
	'account.about': '关于',
	'account.version': '服务器版本 {version}'
} as const;
