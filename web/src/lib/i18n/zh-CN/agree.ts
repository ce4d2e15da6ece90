export default {
	'agree.title.first': '先看一看隐私政策',
	'agree.title.changed': '隐私政策有了新版本',
	'agree.first': '同意之前，除了政策和隐私中心，其他功能都不会打开，也不会收集任何东西。',
	'agree.changed': '您上次同意的是版本 {version}。改动如下：',
	'agree.changed.unknown': '改动如下：',
	'agree.express': '这次需要您的明示同意',
	'agree.express.text':
		'这些改动会减少您的权利，或者扩大数据的用途。只有您在这里点“同意”才算数；不点、关掉页面、继续使用，都不算同意。',
	'agree.prominent': '这些改动比较重要，所以请您先看一看。',
	'agree.read': '阅读全文',
	'agree.adult': '我已年满 18 周岁',
	'agree.agree': '我同意',
	'agree.not_now': '暂不同意',
	'agree.not_now.signs_out': '暂不同意会退出登录，不会因此删除任何东西。',
	'agree.not_now.back': '暂不同意也可以继续使用。',
	'agree.centre': '不同意也可以打开隐私中心，查看、撤回同意或注销账号。',
	'agree.centre.link': '打开隐私中心',
	'agree.thanks': '已记录您对版本 {version} 的同意',
	'agree.no_changes': '没有列出改动，请阅读全文。',

	'goodbye.title': '账号已注销',
	'goodbye.text': '您已在所有设备上退出，账号资料的密钥已经销毁。这台设备上的偏好设置也清除了。',
	'goodbye.held': '依法要保留的记录只存着，到期销毁，期间不作他用。',
	'goodbye.go': '回到首页'
} as const;
